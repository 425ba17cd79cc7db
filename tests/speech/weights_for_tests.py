"""Weights for the optional engines, made from the embedded default's own model files.

The engines' usual weights need a download of gigabytes or an account. The same networks, fed with the weights
that the embedded default already has, run the same code.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import yaml

from pipeline import models
from pipeline.media.sound import Sound

SHARED = Path(__file__).parents[3] / "shared" / "data" / "speech"

PYANNOTE = {
    "clustering": "AgglomerativeClustering",
    "segmentation_batch_size": 8,
    "embedding_batch_size": 8,
    "embedding_exclude_overlap": True,
}


def recording(name: str) -> Sound:
    """A development recording; the test is skipped where the recordings are not beside the project."""
    from faster_whisper.audio import decode_audio

    if not (SHARED / name).exists():
        pytest.skip(f"the development recording {name} is not beside the project")
    return Sound((decode_audio(str(SHARED / name)) * 32767).round().astype(np.int16))


def whisper_checkpoint(file: Path) -> Path:
    """Write Whisper tiny.en as an openai-whisper checkpoint, out of its CTranslate2 form."""
    import torch

    models.ensure(["whisper-tiny.en"])
    tensors = _read_ctranslate2(models.path("whisper-tiny.en", "model.bin"))
    state = {name: torch.from_numpy(tensor) for name, tensor in _rename(tensors).items()}
    mel, positions = state["encoder.conv1.weight"].shape[1], state["encoder.positional_embedding"].shape
    vocabulary, width = state["decoder.token_embedding.weight"].shape
    layers = max(int(name.split(".")[2]) for name in state if name.startswith("decoder.blocks")) + 1
    dimensions = {
        "n_mels": mel,
        "n_audio_ctx": positions[0],
        "n_audio_state": positions[1],
        "n_audio_head": positions[1] // 64,
        "n_audio_layer": layers,
        "n_vocab": vocabulary,
        "n_text_ctx": len(state["decoder.positional_embedding"]),
        "n_text_state": width,
        "n_text_head": width // 64,
        "n_text_layer": layers,
    }
    torch.save({"dims": dimensions, "model_state_dict": state}, file)
    return file


def pyannote_pipeline(folder: Path) -> Path:
    """Write a pyannote pipeline that needs nothing from the network; returns its folder.

    pyannote takes the embedding for one of WeSpeaker's by its path, which must not say "pyannote".
    It insists on a PLDA, which agglomerative clustering never uses, so that is the identity.
    """
    models.ensure(["segmentation-3.0", "campplus"])
    shutil.copy(models.path("campplus", "campplus.onnx"), folder / "wespeaker_campplus.onnx")
    (folder / "plda").mkdir()
    size, reduced = 192, 128
    np.savez(
        folder / "plda" / "xvec_transform.npz",
        mean1=np.zeros(size),
        mean2=np.zeros(reduced),
        lda=np.eye(size, reduced),
    )
    np.savez(
        folder / "plda" / "plda.npz", mu=np.zeros(reduced), tr=np.eye(reduced), psi=np.linspace(2, 1, reduced)
    )
    parameters = PYANNOTE | {
        "segmentation": str(models.path("segmentation-3.0", "pytorch_model.bin")),
        "embedding": str(folder / "wespeaker_campplus.onnx"),
        "plda": str(folder / "plda"),
    }
    write_pipeline(folder, "pyannote.audio.pipelines.SpeakerDiarization", parameters)
    return folder


def write_pipeline(folder: Path, name: str, parameters: dict[str, Any]) -> None:
    """Write the ``config.yaml`` of a pyannote pipeline."""
    content: dict[str, Any] = {"version": "4.0.0", "pipeline": {"name": name, "params": parameters}}
    if "segmentation" in parameters:
        content["params"] = {
            "segmentation": {"min_duration_off": 0.0},
            "clustering": {"method": "centroid", "min_cluster_size": 4, "threshold": 0.7},
        }
    (folder / "config.yaml").write_text(yaml.safe_dump(content), "utf-8")


def _read_ctranslate2(file: Path) -> dict[str, np.ndarray]:
    """Tensors of a CTranslate2 model (binary version 6) by name, as float32."""
    kinds = (np.float32, np.int8, np.int16, np.int32, np.float16)
    tensors: dict[str, np.ndarray] = {}
    with file.open("rb") as stream:
        number = _numbers(stream)
        text: Callable[[], str] = lambda: stream.read(number("H"))[:-1].decode()  # noqa: E731
        number("I"), text(), number("I")  # version of the format, name and revision of the network
        for _ in range(number("I")):
            name = text()
            shape = [number("I") for _ in range(number("B"))]
            kind = kinds[number("B")]
            tensors[name] = np.frombuffer(stream.read(number("I")), kind).reshape(shape).astype(np.float32)
        for _ in range(number("I")):
            alias, name = text(), text()
            tensors[alias] = tensors[name]
    return tensors


def _numbers(stream: BinaryIO) -> Callable[[str], int]:
    return lambda kind: struct.unpack(f"<{kind}", stream.read(struct.calcsize(f"<{kind}")))[0]


def _rename(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rename CTranslate2's tensors to openai-whisper's, and take apart the projections it joins."""
    names = {
        "conv1": "conv1",
        "conv2": "conv2",
        "embeddings": "token_embedding",
        "self_attention/layer_norm": "attn_ln",
        "self_attention/linear_0": "attn.query+key+value",
        "self_attention/linear_1": "attn.out",
        "attention/layer_norm": "cross_attn_ln",
        "attention/linear_0": "cross_attn.query",
        "attention/linear_1": "cross_attn.key+value",
        "attention/linear_2": "cross_attn.out",
        "ffn/layer_norm": "mlp_ln",
        "ffn/linear_0": "mlp.0",
        "ffn/linear_1": "mlp.2",
    }
    kinds = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
    state = {}
    for name, tensor in tensors.items():
        part, *inner, kind = name.split("/")
        if kind == "encodings":
            state[f"{part}.positional_embedding"] = tensor
        elif inner == ["layer_norm"]:
            state[f"{part}.{'ln_post' if part == 'encoder' else 'ln'}.{kinds[kind]}"] = tensor
        elif kind in kinds and inner[0].startswith("layer_"):
            block = f"{part}.blocks.{inner[0].removeprefix('layer_')}"
            module, _, joined = names["/".join(inner[1:])].rpartition(".")
            roles = joined.split("+")
            for role, piece in zip(roles, np.split(tensor, len(roles)), strict=True):
                if (role, kind) != ("key", "bias"):  # Whisper's keys have none; CTranslate2 stores zeros
                    state[".".join(filter(None, (block, module, role, kinds[kind])))] = piece
        elif kind in kinds and inner[0] in names:
            state[f"{part}.{names[inner[0]]}.{kinds[kind]}"] = tensor
    return state
