import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose
from rnnjax.cells import relu
from rnnjax.learning.structure import structure_of
from tests.full import full

D = 2
OWN = np.eye(3, dtype=bool)
DENSE = np.ones((3, 3), bool)
NONE = np.zeros((3, 3), bool)


def structure(cell):
    params = cell.prepare(cell.init(jax.random.key(0), D))
    return structure_of(cell, params, cell.initial_state(params), jnp.zeros(D))


def own(*axes, blocks=1):
    """Returns `[3, *axes, 3 * blocks]`: a column of each block moves the unit of its own."""
    columns = np.tile(OWN, blocks)
    return np.broadcast_to(columns.reshape(3, *[1] * len(axes), -1), (3, *axes, 3 * blocks))


@pytest.mark.parametrize("activation", [jnp.tanh, relu])
def test_of_an_elman_also_where_units_are_off(activation):
    found = structure(cells.Elman(3, activation=activation))
    np.testing.assert_array_equal(found.jacobian, DENSE)
    for pattern, axes in zip(found.direct, [(D,), (3,), ()], strict=True):
        np.testing.assert_array_equal(pattern, own(*axes))
    assert sorted(found.colours()) == [0, 1, 2]


def test_of_units_that_do_not_see_each_other():
    found = structure(cells.IndRNN(3))  # ReLU, as it is by default
    np.testing.assert_array_equal(found.jacobian, OWN)
    assert found.colours().tolist() == [0, 0, 0]


def test_of_an_lstm():
    """The state is h, then c. Its output gate moves h alone."""
    found = structure(cells.LSTM(3))
    np.testing.assert_array_equal(found.jacobian, np.block([[DENSE, OWN], [DENSE, OWN]]))
    w_x, w_h, b = found.direct
    for pattern, axes in ((w_x, (D,)), (w_h, (3,)), (b, ())):
        np.testing.assert_array_equal(pattern[:3], own(*axes, blocks=4))
        np.testing.assert_array_equal(pattern[3:, ..., :9], own(*axes, blocks=3))
        assert not pattern[3:, ..., 9:].any()


def test_units_are_what_has_one_place_side_by_side():
    """Layers of one width are units apart."""
    assert structure(cells.LSTM(3)).units.tolist() == [0, 1, 2, 0, 1, 2]
    assert structure(cells.LRU(2)).units.tolist() == [0, 1, 0, 1]
    found = structure(compose.Stack((cells.LSTM(2), cells.LSTM(2))))
    assert found.units.tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    # The lower layer's w_x moves, by all gates, its unit's h and c, and in the same step all above.
    own = np.zeros((8, D, 8), bool)
    own[4:] = True
    for unit in (0, 1):
        own[[unit, 2 + unit], :, unit::2] = True
    np.testing.assert_array_equal(found.reach(1)[0], own)


def test_of_complex_states_with_two_numbers_a_unit():
    found = structure(cells.LRU(3))
    np.testing.assert_array_equal(found.jacobian, np.tile(OWN, (2, 2)))
    assert len(set(found.colours())) == 2
    leaves = dict(zip(cells.LRU(3).init(jax.random.key(0), D)._fields, found.direct, strict=True))
    np.testing.assert_array_equal(leaves["nu_log"], np.tile(OWN, (2, 1)))
    assert not leaves["c_re"].any()  # of the output alone


def test_of_a_sparse_matrix():
    cell = compose.sparse(cells.Elman(6), 0.3)
    mask = np.asarray(cell.mask((6, 6)))  # [i, j] from unit i to unit j
    assert 0 < mask.sum() < 20
    found = structure(cell)
    np.testing.assert_array_equal(found.jacobian, mask.T | np.eye(6, dtype=bool))


def test_of_layers_the_lower_moves_the_upper():
    found = structure(compose.Stack((cells.Elman(3), cells.IndRNN(3))))
    np.testing.assert_array_equal(found.jacobian, np.block([[DENSE, NONE], [DENSE, OWN]]))
    lower, upper = found.direct[0], found.direct[3]  # w_x of each
    np.testing.assert_array_equal(lower[:3], own(D))
    assert lower[3:].all()
    assert not upper[:3].any()
    np.testing.assert_array_equal(upper[3:], own(3))


def test_of_layers_whose_units_are_off_in_most_draws():
    """What a rectified unit moves of the next layer has a derivative where both are on."""
    found = structure(compose.Stack((cells.IndRNN(9), cells.IndRNN(7))))
    assert found.jacobian[:9, :9].sum() == 9
    assert found.jacobian[9:, :9].all()
    assert not found.jacobian[:9, 9:].any()
    assert found.jacobian[9:, 9:].sum() == 7
    assert [int(pattern.sum()) for pattern in found.direct] == [
        *(D * 9 * 8, 9 * 8, 9 * 8),  # the lower layer's w_x, w_h, b: a unit and all above it
        *(9 * 7, 7, 7),
    ]


def test_of_prepared_parameters_that_are_fewer_arrays_than_those_of_before():
    cell = cells.EUNN(3)
    params = cell.init(jax.random.key(0), D)
    assert len(jax.tree.leaves(cell.prepare(params))) < len(jax.tree.leaves(params))
    w_h = np.asarray(cell.prepare(params).w_h)  # [re, im] to [re, im], of two layers of rotations
    sees = (w_h[:3, :3] != 0) | (w_h[:3, 3:] != 0)
    assert sees.sum() == 8
    np.testing.assert_array_equal(structure(cell).jacobian, np.tile(sees.T, (2, 2)))


@pytest.mark.parametrize("cell", [compose.learned_start(cells.IndRNN(3))])
def test_of_a_learned_start(cell):
    """It moves the first state, and with it the first step."""
    found = structure(cell)
    starts = [p for p in found.direct if p.shape == (3, 3) and (p == OWN).all()]
    assert starts
    np.testing.assert_array_equal(found.jacobian, OWN)


def test_reach_grows_by_a_step_of_the_jacobian():
    """Of a ring of four a weight reaches one unit more at each order, until it has all."""

    class Ring(compose.Sparse):
        def mask(self, shape):
            around = jnp.roll(jnp.eye(*shape, dtype=bool), 1, axis=1)
            return jnp.eye(*shape, dtype=bool) | around

    found = structure(Ring(cells.Elman(4), 0.5))
    for order, units in ((1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (None, 4)):
        *leaves, start = found.reach(order)
        assert all((leaf.sum(0) == units).all() for leaf in leaves)
        assert (start.sum(0) == units).all()
    matrix = found.jacobian.astype(int)
    np.testing.assert_array_equal(found.reach(3)[-1], np.linalg.matrix_power(matrix, 2) > 0)


@pytest.mark.parametrize(
    "cell", [cells.GRUResetBefore(3), *map(full, (cells.SLSTM(4, heads=2), cells.LiGRU(3)))]
)
def test_one_product_a_colour_has_every_derivative(cell):
    """Of one colour no two numbers are moved by the same."""
    found = structure(cell)
    colours = found.colours()
    for pattern in (found.jacobian, *found.direct):
        for colour in set(colours):
            assert pattern[colours == colour].sum(0).max() <= 1


def test_what_saturates_where_it_begins_is_no_structure():
    """The derivative by a gate of bias 20 is zero in single precision."""
    found, usual = (structure(cells.LSTM(2, forget_bias=bias)) for bias in (20.0, 1.0))
    np.testing.assert_array_equal(found.jacobian, usual.jacobian)
    for one, other in zip(found.direct, usual.direct, strict=True):
        np.testing.assert_array_equal(one, other)
