"""Settings: each declaration gives all its ways in, the layers cover one another in one order, sessions keep them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat import config, options
from mistral_chat.address import Address
from mistral_chat.arguments import Choice, Kind, Number, Switch, Texts, Whole
from mistral_chat.commands import all_commands
from mistral_chat.errors import ConfigError, UsageError
from mistral_chat.settings import (
    DEFAULTS,
    SETTINGS,
    Given,
    Layer,
    Setting,
    Settings,
    find,
    from_environment,
    parse,
)
from tests.judges import judge_request

EACH = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())
KEPT = [setting for setting in SETTINGS.values() if setting.kept]
NUMBERS = [setting for setting in SETTINGS.values() if isinstance(setting.kind, Number) and setting.field]
PRECEDENCE = ["default", "file", "profile", "environment", "session", "flag", "once"]


def values(setting: Setting) -> st.SearchStrategy[Any]:
    """The values a setting may have."""
    kind = setting.kind
    if isinstance(kind, Whole):
        return st.integers(int(kind.low), 10**9)
    if isinstance(kind, Number):
        return st.floats(kind.low, kind.high, exclude_min=kind.above)
    if isinstance(kind, Switch):
        return st.booleans()
    if isinstance(kind, Choice):
        return st.sampled_from(kind.words)
    if isinstance(kind, Texts):
        return st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=kind.most, unique=True).map(tuple)
    text = st.text(min_size=1, max_size=9)
    return text if kind.empty else text.filter(str.strip)


def example(setting: Setting) -> tuple[str, Any]:
    """A word that may be typed for a setting, not its default, and the value it stands for."""
    kind = setting.kind
    if isinstance(kind, Number):
        return "1", 1
    if isinstance(kind, Switch):
        return ("off", False) if setting.default else ("on", True)
    if isinstance(kind, Choice):
        word = kind.words[-1]
        return word, word
    if isinstance(kind, Address):
        return "https://x.test", "https://x.test"
    return "words", ("words",) if isinstance(kind, Texts) else "words"


@st.composite
def layered(draw: st.DrawFn) -> Settings:
    """Settings with values in any layers."""
    settings = Settings()
    for layer in (Layer.FILE, Layer.PROFILE, Layer.ENVIRONMENT, Layer.SESSION, Layer.FLAG, Layer.ONCE):
        for setting in draw(st.lists(st.sampled_from(KEPT), max_size=3, unique_by=lambda one: one.name)):
            settings = settings.put(layer, setting.name, draw(values(setting)))
    return settings


# ---------------------------------------------------------------- a declaration


@EACH
def test_a_setting_is_under_its_own_name(setting: Setting) -> None:
    assert SETTINGS[setting.name] is setting


@EACH
def test_a_default_is_a_value_of_the_kind_or_unset(setting: Setting) -> None:
    assert setting.default in (None, ()) or setting.kind.check(setting.default) == setting.default


@EACH
def test_a_setting_has_a_variable(setting: Setting) -> None:
    word, value = example(setting)
    given = from_environment({"MISTRAL_CHAT_" + setting.name.upper(): word})
    assert given == {setting.name: Given(value, setting.variable)}


@EACH
def test_a_setting_is_a_key_of_the_configuration_file(setting: Setting, tmp_path: Any) -> None:
    _, value = example(setting)
    written = json.dumps(list(value) if isinstance(value, tuple) else value)
    (tmp_path / "config.toml").write_text(f"{setting.name} = {written}\n")
    assert config.read(tmp_path / "config.toml").values == {setting.name: Given(value, "config.toml:1")}


@EACH
def test_a_setting_has_a_flag_unless_it_says_otherwise(setting: Setting) -> None:
    if not setting.flagged:
        assert not hasattr(options.read([]), setting.name)
        return
    word, value = example(setting)
    switch = isinstance(setting.kind, Switch)
    argv = ([setting.flag] if value else [f"--no-{setting.flag[2:]}"]) if switch else [setting.flag, word]
    assert options.flags(options.read(argv))[setting.name].value == value


@EACH
def test_a_setting_has_a_slash_command_or_its_name_is_answered_with_its_place(setting: Setting) -> None:
    commands = all_commands()
    if setting.commanded:
        assert setting.help.lower() in commands.find(setting.name).help.lower()
    elif setting.name not in ("theme", "resume"):  # under these names are commands for something else
        with pytest.raises(UsageError) as refused:
            commands.find(setting.name)
        assert f"{setting.name} in config.toml" in refused.value.hint
        assert (setting.flag in refused.value.hint) == setting.flagged


@EACH
def test_a_short_flag_means_the_same(setting: Setting) -> None:
    if setting.short:
        word, value = example(setting)
        argv = [setting.short] if isinstance(setting.kind, Switch) else [setting.short, word]
        assert options.flags(options.read(argv))[setting.name].value == value


# ---------------------------------------------------------------- the request


@pytest.mark.parametrize("setting", [one for one in SETTINGS.values() if one.field], ids=lambda one: one.name)
def test_the_api_knows_the_field_of_a_setting_and_takes_its_value(setting: Setting) -> None:
    _, value = example(setting)
    fields = Settings().put(Layer.FLAG, setting.name, value).request_fields()
    assert fields.keys() == {setting.field}
    assert judge_request(body(fields)) == []


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda one: one.name)
def test_the_api_takes_both_ends_of_a_range(setting: Setting) -> None:
    assert isinstance(setting.kind, Number)
    ends = [end for end in (setting.kind.low, setting.kind.high) if end is not None]
    for end in ends[1:] if setting.kind.above else ends:
        value = setting.kind.parse(f"{end:g}")
        assert judge_request(body({setting.field: value})) == []


def body(fields: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields}


def test_what_is_not_set_is_not_sent() -> None:
    assert Settings().request_fields() == {}


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda one: one.name)
def test_zero_is_sent_as_zero(setting: Setting) -> None:
    assert Settings().put(Layer.FLAG, setting.name, 0).request_fields() == {setting.field: 0}


def test_an_empty_list_of_stops_is_not_sent() -> None:
    assert Settings().put(Layer.FILE, "stop", ()).request_fields() == {}


def test_an_empty_list_of_stops_covers_the_one_below() -> None:
    settings = Settings().put(Layer.FILE, "stop", ("END",)).put(Layer.SESSION, "stop", ())
    assert settings.request_fields() == {}


@pytest.mark.parametrize(("stop", "sent"), [(("a",), "a"), (("a", "b"), ["a", "b"])])
def test_one_stop_is_sent_as_text_and_several_as_a_list(stop: tuple[str, ...], sent: object) -> None:
    assert Settings().put(Layer.FLAG, "stop", stop).request_fields() == {"stop": sent}


@pytest.mark.parametrize("name", ["safe_prompt", "json"])
def test_a_switch_that_is_off_is_not_sent(name: str) -> None:
    assert Settings().put(Layer.FLAG, name, False).request_fields() == {}


def test_json_is_asked_for_as_a_response_format() -> None:
    fields = Settings().put(Layer.FLAG, "json", True).request_fields()
    assert fields == {"response_format": {"type": "json_object"}}


# ---------------------------------------------------------------- layers


def test_the_layers_are_those_of_the_documentation_in_this_order() -> None:
    assert [layer.name.lower() for layer in sorted(Layer)] == PRECEDENCE


@EACH
@pytest.mark.parametrize("above", list(Layer)[1:], ids=lambda layer: layer.name.lower())
def test_a_value_covers_those_of_all_layers_below(setting: Setting, above: Layer) -> None:
    layers = {layer: {setting.name: Given(layer.name, layer.name)} for layer in Layer if layer <= above}
    assert Settings(layers).given(setting.name) == Given(above.name, above.name)


@EACH
def test_a_setting_nobody_gave_has_its_default(setting: Setting) -> None:
    assert Settings().given(setting.name) == Given(setting.default, "default")


def test_a_value_that_turns_something_off_covers_too() -> None:
    settings = Settings().put(Layer.FILE, "temperature", 0.3).put(Layer.SESSION, "temperature", None)
    assert settings["temperature"] is None


def test_what_is_said_in_the_session_covers_a_flag_said_before_it() -> None:
    settings = Settings().put(Layer.FLAG, "temperature", 0.3).put(Layer.SESSION, "temperature", 0.9)
    assert settings["temperature"] == 0.9


def test_what_is_said_in_the_session_covers_what_was_said_once_before_it() -> None:
    settings = Settings().put(Layer.ONCE, "temperature", 0.3).put(Layer.SESSION, "temperature", 0.9)
    assert settings["temperature"] == 0.9


def test_a_reset_goes_back_to_the_configuration() -> None:
    settings = Settings().put(Layer.PROFILE, "model", "m1", "config.toml:3")
    for layer in (Layer.SESSION, Layer.FLAG, Layer.ONCE):
        settings = settings.put(layer, "model", "m2")
    assert settings.reset("model").given("model") == Given("m1", "config.toml:3")


@given(layered(), st.sampled_from(list(Layer)[1:]), st.sampled_from(KEPT))
def test_putting_and_dropping_leaves_other_settings_alone(settings: Settings, layer: Layer, setting: Setting) -> None:
    others = [name for name in SETTINGS if name != setting.name]
    changed = settings.put(layer, setting.name, "x")
    assert all(changed.given(name) == settings.given(name) for name in others)
    assert all(changed.drop(layer, setting.name).given(name) == settings.given(name) for name in others)


@given(layered(), st.sampled_from(list(Layer)[1:]))
def test_a_change_leaves_the_value_before_it_as_it_was(settings: Settings, layer: Layer) -> None:
    before = {name: settings.given(name) for name in SETTINGS}
    settings.put(layer, "model", "x").drop(layer, "top_p").without(layer).reset("stop").restore({})
    assert {name: settings.given(name) for name in SETTINGS} == before


def test_a_name_that_is_no_setting_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Settings()["tempature"]


# ---------------------------------------------------------------- sessions


@given(layered(), layered())
def test_a_restored_session_has_the_settings_it_was_kept_with(kept_from: Settings, elsewhere: Settings) -> None:
    kept = json.loads(json.dumps(kept_from.kept()))
    restored = elsewhere.without(Layer.FLAG).without(Layer.ONCE).restore(kept)
    said = kept_from.without(Layer.ONCE)
    assert {one.name: restored[one.name] for one in KEPT} == {one.name: said[one.name] for one in KEPT}


@given(layered(), layered())
def test_an_answer_is_gone_on_with_as_it_was_asked_for_but_for_its_length(first: Settings, later: Settings) -> None:
    asked = {"model": first["model"], **first.request_fields()}
    again = later.without(Layer.ONCE).as_asked(json.loads(json.dumps(asked)))
    assert {"model": again["model"], **again.request_fields(), "max_tokens": 0} == {**asked, "max_tokens": 0}
    assert again["max_tokens"] == later.without(Layer.ONCE)["max_tokens"]


@given(layered())
def test_what_is_set_once_covers_how_an_answer_was_asked_for(settings: Settings) -> None:
    once = settings.put(Layer.ONCE, "temperature", 1.2)
    assert once.as_asked({"model": "x", "temperature": 0})["temperature"] == 1.2


@given(layered())
def test_an_answer_of_which_nothing_is_known_is_gone_on_with_as_things_are(settings: Settings) -> None:
    assert settings.as_asked({}) == settings


def test_what_an_answer_was_asked_with_and_is_no_longer_valid_is_left_out() -> None:
    again = Settings().as_asked({"model": 5, "temperature": "hot"})
    assert (again["model"], again.request_fields()) == (DEFAULTS["model"].value, {})


@given(layered())
def test_a_flag_covers_a_restored_session(settings: Settings) -> None:
    flagged = settings.without(Layer.ONCE).put(Layer.FLAG, "model", "flagged")
    assert flagged.restore({"model": "kept"})["model"] == "flagged"


def test_what_was_said_for_one_request_is_not_kept() -> None:
    assert "temperature" not in Settings().put(Layer.ONCE, "temperature", 1.2).kept()


def test_the_model_is_kept_also_when_it_is_the_default() -> None:
    assert Settings().kept() == {"model": DEFAULTS["model"].value}


def test_settings_of_the_program_are_not_kept() -> None:
    settings = Settings().put(Layer.FLAG, "theme", "nord").put(Layer.FLAG, "output", "json")
    assert settings.kept().keys() == {"model"}


@pytest.mark.parametrize(
    "kept", [{"temperature": 99}, {"temperature": "warm"}, {"stop": 5}, {"model": None}, {"sonnets": True}]
)
def test_a_kept_value_that_is_no_longer_valid_is_left_out(kept: dict[str, Any]) -> None:
    assert Settings().restore(kept).request_fields() == {}
    assert Settings().restore(kept)["model"] == DEFAULTS["model"].value


# ---------------------------------------------------------------- words


def test_a_setting_is_found_with_hyphens_too() -> None:
    assert find("max-tokens").name == "max_tokens"


def test_an_unknown_setting_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="no setting tempature") as refused:
        find("tempature")
    assert refused.value.hint == "did you mean temperature?"


def test_a_setting_unlike_any_is_refused_with_the_way_to_the_list() -> None:
    with pytest.raises(UsageError) as refused:
        find("xyz")
    assert refused.value.hint == "see /settings"


def test_a_wrong_word_is_refused_with_its_place_and_range_and_what_it_would_mean() -> None:
    with pytest.raises(UsageError) as refused:
        parse(SETTINGS["temperature"], "9", "/temperature")
    assert refused.value.what == "/temperature: must be between 0 and 1.5 (is 9)"
    assert refused.value.hint == "correct it, or leave it out"


def test_a_wrong_variable_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigError) as refused:
        from_environment({"MISTRAL_CHAT_TOP_P": "0"})
    assert refused.value.what == "MISTRAL_CHAT_TOP_P: must be above 0 and at most 1 (is 0)"
    assert refused.value.hint == "correct or unset MISTRAL_CHAT_TOP_P"


@pytest.mark.parametrize("name", ["model", "theme"])
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_name_must_not_be_empty(name: str, blank: str) -> None:
    with pytest.raises(UsageError, match=f"^/{name}: must not be empty$"):
        parse(SETTINGS[name], blank, f"/{name}")


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert from_environment({"MISTRAL_CHAT_TEMPERATURE": ""}) == {}


def test_variables_of_other_programs_are_not_looked_at() -> None:
    assert from_environment({"TEMPERATURE": "warm", "MISTRAL_CHAT_NONSENSE": "1"}) == {}


def test_the_kinds_that_take_any_word_are_those_of_names_and_texts() -> None:
    assert {name for name, setting in SETTINGS.items() if type(setting.kind) is Kind} == {
        "model",
        "system",
        "prefix",
        "theme",
        "api_key_cmd",
    }
