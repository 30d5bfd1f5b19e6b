"""Two steps of TRL's GRPO, with a model and a tokenizer made here. Prints what came of it.

    python grpo_steps.py FOLDER < answers.json

Each of the answers is one token of the model, so that a model of random weights hands in answers.
"""

from __future__ import annotations

import json
import sys

import torch
from datasets import Dataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from dropout_core.integrations.trl import reward

STEPS = 2
ROLLOUTS = 16


def main(folder: str, answers: list[str]) -> None:
    """Train, and print JSON."""
    words = ["<pad>", "<eos>", "<unk>", *answers]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(
            WordLevel({word: id_ for id_, word in enumerate(words)}, unk_token="<unk>")
        ),
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=64,
            pad_token_id=0,
            eos_token_id=1,
        )
    )
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list([{"prompt": "Implement dropout"}] * ROLLOUTS),
        args=GRPOConfig(
            output_dir=folder,
            max_steps=STEPS,
            per_device_train_batch_size=ROLLOUTS,
            num_generations=ROLLOUTS,
            max_completion_length=1,
            learning_rate=0.001,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            seed=0,
        ),
    )
    trainer.train()
    logs = trainer._logs
    moved = any(not torch.equal(before[name], weight) for name, weight in model.named_parameters())
    print(
        json.dumps(
            {
                "completions": list(logs["completion"]),
                "rewards": list(logs["rewards"]["reward"]),
                "first_failing_check": list(logs["extra"]["first_failing_check"]),
                "history": trainer.state.log_history,
                "moved": moved,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], json.load(sys.stdin))
