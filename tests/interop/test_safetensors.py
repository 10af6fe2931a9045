"""Parameters in a safetensors file."""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, interop
from tests.interop.running import params_of


@pytest.fixture
def path(tmp_path):
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    return tmp_path / "params.safetensors"


def header(path):
    """Reads a file's header by the format's own description."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def test_there_and_back_bit_by_bit(path):
    params = {
        "cell": params_of(cells.LSTM(4), 3),
        "half": jnp.arange(3, dtype=jnp.bfloat16),
        "number": jnp.float32(2),
        "turned": jnp.arange(6.0).reshape(2, 3).T,
    }
    interop.safetensors.save(path, params)
    loaded = interop.safetensors.load(path, like=jax.eval_shape(lambda: params))
    assert jax.tree.structure(loaded) == jax.tree.structure(params)
    jax.tree.map(np.testing.assert_array_equal, loaded, params)
    assert jax.tree.map(jnp.result_type, loaded) == jax.tree.map(jnp.result_type, params)


def test_arrays_go_by_their_paths(path):
    cell = compose.Stack((cells.LSTM(4), compose.LearnedStart(cells.GRU(2))))
    params = params_of(cell, 3)
    interop.safetensors.save(path, params)
    entries, data = header(path)
    assert {"0/w_x", "0/b", "1/cell/b_n"} < set(entries)
    begin, end = entries["0/w_x"]["data_offsets"]
    assert entries["0/w_x"]["dtype"] == "F32"
    held = np.frombuffer(data[begin:end], "<f4").reshape(entries["0/w_x"]["shape"])
    np.testing.assert_array_equal(held, params[0].w_x)


def test_a_torch_state_dict_is_a_file_of_torchs(path):
    from safetensors.numpy import load_file

    params = params_of(cells.GRU(4), 3)
    interop.safetensors.save(path, interop.torch.dump(cells.GRU(4), params))
    loaded = interop.torch.load(cells.GRU(4), load_file(path))
    jax.tree.map(np.testing.assert_array_equal, loaded, params)


def test_other_parameters_are_refused_in_one_line(path):
    interop.safetensors.save(path, params_of(cells.LSTM(4), 3))
    with pytest.raises(ValueError, match=r"w_x is float32\[3,16\] in .* and float32\[3,20\] here"):
        interop.safetensors.load(path, like=params_of(cells.LSTM(5), 3))
    with pytest.raises(ValueError, match=r"b_n is absent in .* and float32\[12\] here"):
        interop.safetensors.load(path, like={"b_n": jnp.ones(12)})
    with pytest.raises(ValueError, match="path of its own"):
        interop.safetensors.save(path, {"a": {"b": jnp.ones(1)}, "a/b": jnp.ones(1)})
    with pytest.raises(ValueError, match="path of its own"):
        interop.safetensors.save(path, jnp.ones(1))


def test_without_it_one_line_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.flax", None)
    with pytest.raises(ImportError, match=r"pip install 'rnnjax\[safetensors\]'"):
        interop.safetensors.save(tmp_path / "params", {"b": jnp.ones(1)})
