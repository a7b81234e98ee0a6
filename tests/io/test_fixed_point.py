"""Blocks of plain decimals give the floats that Python reads; all else is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchrhythm.io.fixed_point import fixed_point_numbers

NUMBERS = st.from_regex(r"[+-]?([0-9]{1,9}(\.[0-9]{0,6})?|\.[0-9]{1,9})", fullmatch=True)


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20), st.sampled_from([(",", "."), (";", ",")])
)
def test_the_floats_are_those_of_python(rows, marks):
    separator, decimal = marks
    text = "".join(separator.join(row).replace(".", decimal) + "\n" for row in rows)
    found = fixed_point_numbers(text.encode(), separator=separator, decimal=decimal, n_columns=2)
    np.testing.assert_array_equal(found, [[float(number) for number in row] for row in rows])


def test_one_column_needs_no_separator():
    found = fixed_point_numbers(b"1.5\n-2\n.25", separator=" ", decimal=".", n_columns=1)
    np.testing.assert_array_equal(found, [[1.5], [-2], [0.25]])


@pytest.mark.parametrize(
    "block",
    [
        "1,2.5.1\n",
        "1,2\n3\n",
        "1,2\n\n3,4\n",
        "1,\n",
        "1,-\n",
        "1,.\n",
        "1,2e5\n",
        "1,nan\n",
        "1,2-3\n",
        "1, 2\n",
        "1,9007199254740993\n",
        "1,99999999999999999999\n",
        f"1,0.{'0' * 23}1\n",
        "",
    ],
)
def test_anything_else_is_left_to_a_slower_reader(block):
    assert fixed_point_numbers(block.encode(), separator=",", decimal=".", n_columns=2) is None
