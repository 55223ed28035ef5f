# /// script
# requires-python = ">=3.13"
# dependencies = ["langgraph-checkpoint-cosmosdb==0.4.0", "azure-cosmos==4.17.1"]
# ///
"""langgraph-checkpoint-cosmosdb: a graph whose state is saved after each step."""

from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph_checkpoint_cosmosdb import CosmosDBSaver


class State(TypedDict):
    """The state of the graph."""

    n: int


def graph() -> Any:
    """Return a graph that adds 1 and multiplies by 10, with a saver of its own."""
    builder = StateGraph(State)
    builder.add_node("add", lambda state: {"n": state["n"] + 1})
    builder.add_node("multiply", lambda state: {"n": state["n"] * 10})
    builder.add_edge(START, "add")
    builder.add_edge("add", "multiply")
    builder.add_edge("multiply", END)
    return builder.compile(checkpointer=CosmosDBSaver("langgraph", "checkpoints"))


if __name__ == "__main__":
    config = {"configurable": {"thread_id": "t"}}
    other = {"configurable": {"thread_id": "other"}}
    assert graph().invoke({"n": 1}, config) == {"n": 20}
    assert graph().invoke({"n": 5}, other) == {"n": 60}

    reopened = graph()
    assert reopened.get_state(config).values == {"n": 20}
    history = [snapshot.values.get("n") for snapshot in reopened.get_state_history(config)]
    assert history == [20, 2, 1, None]
    before = next(s for s in reopened.get_state_history(config) if s.values.get("n") == 2)
    assert reopened.invoke(None, before.config) == {"n": 20}
