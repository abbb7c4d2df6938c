"""The tests of mistral-chat: one file for each module, the house rules, and the whole program in `e2e`."""
