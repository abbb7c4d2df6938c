// Plays sessions to xterm.js, the terminal of VS Code, and says what it shows. JSON in, JSON out.
//
// A session is {width, height, steps}, a step a string to write or a size [width, height]. What comes back of each is
// {rows, synchronized}: all rows from the scrollback on, each with whether it goes on from the row above, and for each
// step whether the terminal holds back its output (mode 2026) after it.
const { Terminal } = require(process.argv[2]);

const play = async ({ width, height, steps }) => {
  const terminal = new Terminal({ cols: width, rows: height, scrollback: 100000, allowProposedApi: true });
  const synchronized = [];
  for (const step of steps) {
    if (Array.isArray(step)) terminal.resize(step[0], step[1]);
    else await new Promise((done) => terminal.write(step, done));
    synchronized.push(terminal.modes.synchronizedOutputMode);
  }
  const buffer = terminal.buffer.active;
  const rows = [];
  for (let number = 0; number < buffer.length; number++) {
    const line = buffer.getLine(number);
    rows.push([line.translateToString(true), line.isWrapped]);
  }
  return { rows, synchronized };
};

let input = "";
process.stdin.on("data", (data) => (input += data));
process.stdin.on("end", async () => {
  const shown = [];
  for (const session of JSON.parse(input)) shown.push(await play(session));
  process.stdout.write(JSON.stringify(shown));
});
