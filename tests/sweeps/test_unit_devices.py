"""Over how many devices a point of a sweep is divided: what it was begun with, if that is there."""

import jax
import pytest

from rnnjax.runs.workdir import write_json
from rnnjax.sweeps.unit import _devices
from tests.sweeps.small import SETTINGS

LARGE = SETTINGS.replace(batch_size=64)


@pytest.fixture
def there(monkeypatch):
    return lambda count: monkeypatch.setattr(jax, "local_device_count", lambda: count)


@pytest.mark.parametrize(
    ("cores", "begun", "alone", "found"),
    [
        (4, None, True, 4),
        (4, None, False, 1),
        (4, 2, True, 2),  # as many as it had
        (1, 2, True, 1),  # they are not there
        (1, 2, False, 1),
    ],
)
def test_a_point_goes_on_with_as_many_devices_as_it_had(
    there, tmp_path, cores, begun, alone, found
):
    there(cores)
    if begun:
        write_json(tmp_path / "config.json", {"devices": begun})
    assert _devices(LARGE, tmp_path, alone=alone) == found


def test_devices_that_were_asked_for_have_to_be_there(there, tmp_path):
    there(2)
    assert _devices(LARGE.replace(devices=2), tmp_path, alone=False) == 2
    with pytest.raises(ValueError, match=r"^--devices=4: there are 2$"):
        _devices(LARGE.replace(devices=4), tmp_path, alone=True)
    with pytest.raises(ValueError, match=r"^--time_devices=4: there are 2$"):
        _devices(LARGE.replace(time_devices=4), tmp_path, alone=True)
