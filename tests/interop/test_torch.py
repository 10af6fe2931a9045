"""Weights from PyTorch and to it: equal functions, equal gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, models
from rnnjax.interop import torch as interop
from tests.interop.running import inputs, network, outputs, params_of

KINDS = {
    "RNN": (cells.Elman, {}),
    "RNN with relu": (lambda hidden: cells.Elman(hidden, cells.relu), {"nonlinearity": "relu"}),
    "LSTM": (cells.LSTM, {}),
    "LSTM with proj_size": (lambda hidden: cells.LSTMP(hidden, projection=2), {"proj_size": 2}),
    "GRU": (cells.GRU, {}),
}
SHAPES = [(1, False), (1, True), (2, True), (3, False)]  # layers, both ways


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def theirs_of(torch, kind, D, H, layers, both, **more):
    torch.manual_seed(3)
    make = getattr(torch.nn, kind.partition(" ")[0])
    more = {**KINDS[kind][1], **more}
    return make(D, H, layers, bidirectional=both, dtype=torch.float64, **more)


def arrays(theirs):
    return {name: w.numpy() for name, w in theirs.state_dict().items()}


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("layers", "both"), SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_are_torchs(torch, kind, layers, both):
    D, H, B, T = 2 + layers, 3 + both + layers, 2, 5
    theirs = theirs_of(torch, kind, D, H, layers, both)
    ours = network([KINDS[kind][0](H)] * layers, layers, both)
    xs = inputs(T, B, D)
    their_ys, _ = theirs(torch.tensor(xs))
    weights = inputs(*their_ys.shape, seed=1)
    (their_ys * torch.tensor(weights)).sum().backward()

    def loss(state_dict):
        ys = outputs(ours, interop.load(ours, state_dict), jnp.asarray(xs))
        return jnp.sum(ys * weights), ys

    (_, ys), gradients = jax.jit(jax.value_and_grad(loss, has_aux=True))(arrays(theirs))
    np.testing.assert_allclose(ys, their_ys.detach(), atol=1e-10)
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad, atol=1e-9, err_msg=name)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_dumped_is_the_same_function_in_torch(torch, kind, both):
    cell = KINDS[kind][0](4)
    ours = network([cell] * 2, 2, both)
    dims = (3, cell.output_dim * (1 + both))
    own = [params_of(cell, dims[i // (1 + both)], seed=i) for i in range(2 * (1 + both))]
    params = tuple(own)
    if both:
        named = [models.to_names(p) for p in own]
        pairs = zip(named[::2], named[1::2], strict=True)
        params = tuple(
            {"forward_layer": {"cell": f}, "backward_layer": {"cell": b}} for f, b in pairs
        )
    theirs = theirs_of(torch, kind, 3, 4, 2, both)
    dumped = interop.dump(ours, params)
    theirs.load_state_dict({name: torch.from_numpy(w) for name, w in dumped.items()})
    xs = inputs(5, 2, 3)
    their_ys, _ = theirs(torch.tensor(xs))
    np.testing.assert_allclose(
        outputs(ours, params, jnp.asarray(xs)), their_ys.detach(), atol=1e-10
    )
    jax.tree.map(np.testing.assert_array_equal, interop.load(ours, dumped), params)


@pytest.mark.usefixtures("x64")
def test_single_precision_tensors_and_one_layer_of_several(torch):
    theirs = torch.nn.GRU(3, 4, 2, bidirectional=True)
    theirs_alone = torch.nn.GRU(8, 4)
    names = [f"{n}_l" for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    state_dict = theirs.state_dict()
    theirs_alone.load_state_dict({f"{n}0": state_dict[f"{n}1_reverse"] for n in names})
    cell = cells.GRU(4)
    params = interop.load(cell, state_dict, layer=1, reverse=True)
    assert params.w_x.dtype == jnp.float32
    xs = inputs(5, 2, 8).astype(np.float32)
    their_ys, _ = theirs_alone(torch.tensor(xs))
    np.testing.assert_allclose(outputs(cell, params, jnp.asarray(xs)), their_ys.detach(), atol=1e-5)
    dumped = interop.dump(cell, params, layer=1, reverse=True)
    assert sorted(dumped) == sorted(f"{n}1_reverse" for n in names)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("kind", KINDS)
def test_no_biases_are_zero(torch, kind):
    theirs = theirs_of(torch, kind, 3, 4, 1, False, bias=False)
    cell = KINDS[kind][0](4)
    xs = inputs(5, 2, 3)
    ys = outputs(cell, interop.load(cell, arrays(theirs)), jnp.asarray(xs))
    np.testing.assert_allclose(ys, theirs(torch.tensor(xs))[0].detach(), atol=1e-10)


def zeros(G, D, R, end="_l0"):
    return {f"weight_ih{end}": np.zeros((G, D)), f"weight_hh{end}": np.zeros((G, R))}


@pytest.mark.parametrize(
    ("cell", "state_dict", "message"),
    [
        (cells.GRU(4), zeros(16, 3, 4), "weight_ih_l0 is (16, 3), GRU(hidden=4) takes (12, D)"),
        (cells.GRU(4), zeros(12, 3, 5), "weight_hh_l0 is (12, 5), GRU(hidden=4) takes (12, 4)"),
        (
            cells.LSTM(4),
            zeros(16, 3, 2),
            "weight_hh_l0 is (16, 2), LSTM(hidden=4, forget_bias=1.0)",
        ),
        (
            cells.LSTMP(4, projection=2),
            zeros(16, 3, 2),
            "LSTMP(hidden=4, projection=2) takes weight_hr_l0 (2, 4), of which there is none",
        ),
        (
            compose.Stack((cells.GRU(4), cells.GRU(4))),
            zeros(12, 3, 4) | zeros(12, 3, 4, "_l1"),
            "weight_ih_l1 is (12, 3), GRU(hidden=4) takes (12, 4)",
        ),
        (
            cells.GRU(4),
            zeros(12, 3, 4) | zeros(12, 4, 4, "_l1"),
            "the state_dict has 2 layers in 1 direction, the network has 1 layer in 1 direction",
        ),
        (
            compose.Stack((cells.GRU(4), cells.GRU(4))),
            zeros(12, 3, 4) | zeros(12, 3, 4, "_l0_reverse"),
            "the state_dict has 1 layer in 2 directions, the network has 2 layers in 1 direction",
        ),
        (cells.GRU(4), {}, "GRU(hidden=4) takes weight_ih_l0 (12, D), of which there is none"),
        (
            cells.GRU(4),
            zeros(12, 3, 4) | {"bias_ih_l0": np.zeros(12)},
            "GRU(hidden=4) takes bias_hh_l0 (12,), of which there is none",
        ),
    ],
)
def test_other_weights_are_refused_in_one_line(cell, state_dict, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        interop.load(cell, state_dict)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (cells.GRUResetBefore(4), "PyTorch has no such cell; its GRU resets after"),
        (cells.PeepholeLSTM(4), "PyTorch has no such cell; its LSTM has no peepholes"),
        (cells.MGU(4), "PyTorch has no such cell; it has nn.GRU"),
        (cells.GRU(4, gate_activation=cells.hard_sigmoid), "has tanh and sigmoid alone"),
        (cells.Elman(4, cells.elu), "nn.RNN of PyTorch has tanh or relu alone"),
        (compose.LearnedStart(cells.GRU(4)), "PyTorch has no such cell"),
        (compose.Stack((cells.GRU(4), cells.GRU(5))), "are of one kind and width"),
        (compose.Stack((cells.Elman(4), cells.Elman(4, cells.relu))), "are of one kind and width"),
        ((models.Bidirectional(cells.GRU(4)), cells.GRU(4)), "run both ways or one"),
        (models.Recurrent(cells.GRU(4), reverse=True), "runs backward alone"),
        ((), "without layers"),
    ],
)
def test_what_torch_does_not_have_is_refused(cell, message):
    with pytest.raises(ValueError, match=message):
        interop.load(cell, zeros(12, 3, 4))
    with pytest.raises(ValueError, match=message):
        interop.dump(cell, None)


def test_parameters_of_another_cell_are_refused():
    lstm, gru = params_of(cells.LSTM(4), 3), params_of(cells.GRU(4), 3)
    with pytest.raises(ValueError, match=r"w_x is \(3, 16\), GRU\(hidden=4\) takes \(D, 12\)"):
        interop.dump(cells.GRU(4), lstm)
    with pytest.raises(ValueError, match="w_x is"):
        interop.dump(cells.LSTM(4), gru)
    more = cells.GRU.params_type(*jnp.ones((2, 4, 4)), *jnp.ones((2, 4)))
    with pytest.raises(ValueError, match="has no b_n, which is among the parameters"):
        interop.dump(cells.Elman(4), more)
    with pytest.raises(ValueError, match="2 layers take as many entries; got GRUParams"):
        interop.dump((cells.GRU(4), cells.GRU(4)), gru)
    with pytest.raises(TypeError, match="got function"):
        interop.dump(interop.dump, gru)
    with pytest.raises(ValueError, match="reverse is for one cell"):
        interop.dump(compose.Stack((cells.GRU(4), cells.GRU(4))), (gru, gru), reverse=True)
