"""The demonstration lists its models as the API does."""

from tests.demo.asking import asked, sent
from tests.judges import judge_models


def test_each_alias_is_a_model_of_its_own() -> None:
    listed = sent("GET", "/v1/models").json()
    assert judge_models(listed) == []
    ids = [row["id"] for row in listed["data"]]
    assert len(ids) == len(set(ids))
    assert all(alias in ids for row in listed["data"] for alias in row["aliases"])


def test_every_model_that_chats_answers() -> None:
    rows = sent("GET", "/v1/models").json()["data"]
    chatting = [row["id"] for row in rows if row["capabilities"]["completion_chat"]]
    assert len(chatting) > 5
    assert {asked(model=name).status_code for name in chatting} == {200}
