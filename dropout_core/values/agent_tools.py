"""Tools of the model in agent mode."""

from __future__ import annotations

from dropout_core.values.conversation import Tool

PYTHON_EXPRESSION = "python_expression"
SUBMIT_ANSWER = "submit_answer"


def tools_for(declared: str) -> tuple[Tool, ...]:
    """Tools for a model that is to define a function with this declaration."""
    return _tools(f"The complete Python source that defines {declared}.")


def tools_for_text() -> tuple[Tool, ...]:
    """Tools for a model whose answer may be any text."""
    return _tools("The answer, as the task asks for it.")


def _tools(answer: str) -> tuple[Tool, ...]:
    return (
        Tool(
            name=PYTHON_EXPRESSION,
            description=(
                "Runs Python code and returns what it prints. NumPy is there as `np` and `numpy`."
                " Every call starts afresh: define again what you need. Use print() to see values."
            ),
            input_schema={
                "type": "object",
                "properties": {"expression": {"type": "string", "description": "The Python code to run."}},
                "required": ["expression"],
            },
        ),
        Tool(
            name=SUBMIT_ANSWER,
            description="Submits the final answer and ends the task.",
            input_schema={
                "type": "object",
                "properties": {
                    "answer": {
                        "type": "string",
                        "description": answer,
                    }
                },
                "required": ["answer"],
            },
        ),
    )


TOOLS = tools_for("dropout(x, p, training)")
