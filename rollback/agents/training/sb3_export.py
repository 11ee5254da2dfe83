"""A policy of Stable-Baselines3 as an ONNX model. Knows PyTorch's exporter; knows no training and no game."""

from __future__ import annotations

import inspect
import io
import os
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from rollback.agents.checkpoints.atomic import write_whole
from rollback.agents.onnx_file import ENDING, facts_of
from rollback.errors import CheckpointError, MissingPackage, UsageError

__all__ = ["Scale", "check_export", "onnx_of", "save_onnx"]

_OPSET: Final = 17  # old enough for every runtime that is still installed, new enough for all that such networks need


@dataclass(frozen=True, slots=True)
class Scale:
    """Brings observations to where a network learns well: (seen - middle) * factor, no farther out than `farthest`.

    Attributes:
        middle: As an array of the observation's shape.
        factor: Likewise.
        farthest: None: they are bounded already.
    """

    middle: Any
    factor: Any
    farthest: float | None = None

    def __call__(self, seen: Any) -> Any:
        """Return an observation scaled, in float32."""
        return ((seen - self.middle) * self.factor).astype("float32")

    def space(self) -> Any:
        """Return the space of bounded observations, scaled."""
        import numpy as np
        from gymnasium.spaces import Box

        return Box(-1.0, 1.0, self.middle.shape, dtype=np.float32)


def check_export() -> None:
    """Find out whether a model could be written.

    Raises:
        MissingPackage: A package that PyTorch's exporter needs is not installed.
    """
    if find_spec("onnx") is None:
        raise MissingPackage("writing an ONNX model with PyTorch", "onnx", "sb3")


def onnx_of(model: Any, scale: Scale | None = None) -> bytes:
    """Return the policy of any model of Stable-Baselines3 as an ONNX model, which answers without exploring.

    It takes `observation`, one row of a batch, in float32 (int64 for numbered observations), and gives `action`. Where the
    model was trained in a `VecNormalize`, its means are part of it.

    Args:
        model: The model.
        scale: How observations were scaled before the model saw them.

    Raises:
        UsageError: The policy is none that becomes one network: a recurrent one, or one that sees a table.
        MissingPackage: A package that PyTorch's exporter needs is not installed.
    """
    import torch

    check_export()
    policy, device = model.policy, model.device
    seen, acted = policy.observation_space, policy.action_space
    if hasattr(policy, "lstm_actor") or getattr(seen, "spaces", None) is not None:
        raise UsageError(f"{type(policy).__name__} is recurrent or sees a table: export a policy that sees one array")
    scale = scale or _normalised(model)
    is_squashed = type(acted).__name__ == "Box" and getattr(policy, "squash_output", False)

    class Exported(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.policy = policy
            if scale is not None:
                self.middle = torch.as_tensor(scale.middle.astype("float32"), device=device)
                self.factor = torch.as_tensor(scale.factor.astype("float32"), device=device)

        def forward(self, observation: Any) -> Any:
            if scale is not None:
                observation = (observation - self.middle) * self.factor
                if scale.farthest is not None:
                    observation = torch.clamp(observation, -scale.farthest, scale.farthest)
            action = self.policy._predict(observation, deterministic=True)
            if not is_squashed:
                return action
            low, high = (torch.as_tensor(bound, device=device) for bound in (acted.low, acted.high))
            return low + (action + 1.0) * 0.5 * (high - low)

    numbered = type(seen).__name__ in ("Discrete", "MultiDiscrete")
    example = torch.zeros((1, *seen.shape), dtype=torch.int64 if numbered else torch.float32, device=device)
    options: dict[str, Any] = {"input_names": ["observation"], "output_names": ["action"], "opset_version": _OPSET}
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False  # the other exporter needs a further package
    written = io.BytesIO()
    was_training = policy.training
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of PyTorch: that it is the older exporter, and that sizes become constants
            policy.set_training_mode(False)
            torch.onnx.export(Exported(), (example,), written, **options)
    finally:
        policy.set_training_mode(was_training)
    content = written.getvalue()
    facts_of(content, "the exported model")  # what comes out can be played here, or it is said now
    return content


def save_onnx(content: bytes, path: str | os.PathLike[str]) -> None:
    """Write a model to a file, whole and to the disk, or not at all.

    Raises:
        UsageError: The path does not end in .onnx.
        CheckpointError: It cannot be written.
    """
    place = Path(path)
    if place.suffix != ENDING:
        raise UsageError(f"an ONNX model is saved as FILE{ENDING}, not as {str(place)!r}: end the name so")
    try:
        write_whole(place, content)
    except OSError as error:
        raise CheckpointError(f"{place} cannot be written ({error.strerror or error})") from None


def _normalised(model: Any) -> Scale | None:
    wrapped = model.get_vec_normalize_env()
    if wrapped is None or not wrapped.norm_obs:
        return None
    return Scale(wrapped.obs_rms.mean, 1 / (wrapped.obs_rms.var + wrapped.epsilon) ** 0.5, float(wrapped.clip_obs))
