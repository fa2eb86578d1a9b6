import pytest

from workbench.blocks import count_jobs, each_block, map_blocks


@pytest.mark.parametrize("n_jobs", [1, 3, None])
def test_results_come_in_the_order_of_the_blocks(n_jobs):
    assert map_blocks(abs, range(-50, 0), n_jobs=n_jobs) == list(range(50, 0, -1))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_counts_to_the_total(n_jobs):
    seen = []
    map_blocks(abs, [1, 2, 3], n_jobs=n_jobs, progress=lambda *step: seen.append(step))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_error_of_a_block_is_raised(n_jobs):
    with pytest.raises(ZeroDivisionError, match="division"):
        map_blocks(lambda block: 1 // block, [1, 0, 2], n_jobs=n_jobs)


def test_no_blocks_give_no_results():
    assert map_blocks(abs, []) == []


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2"])
def test_no_number_of_threads_is_refused(n_jobs):
    with pytest.raises(ValueError, match="n_jobs must be a whole number"):
        count_jobs(n_jobs)


def test_negative_numbers_leave_cores_free():
    assert count_jobs(-1) == count_jobs(None)
    assert count_jobs(-2) == max(count_jobs(None) - 1, 1)
    assert count_jobs(-1000) == 1


def test_parts_come_in_order_and_few_are_waiting():
    begun = []
    parts = each_block(lambda block: begun.append(block) or block, range(40), n_jobs=2)
    for n, part in enumerate(parts):
        assert part == n
        assert len(begun) <= n + 2 * 2


def test_the_error_of_a_part_is_raised_where_it_is_asked_for():
    parts = each_block(lambda block: 1 // block, [1, 0], n_jobs=2)
    assert next(parts) == 1
    with pytest.raises(ZeroDivisionError):
        next(parts)
