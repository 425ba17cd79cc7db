import numpy as np
import pytest

from pipeline.speech.clustering import ClusterSettings, find_voices, unit

SIZE = 192


def prints(counts: list[int], *, spread: float = 0.7, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Voiceprints of some voices, shuffled, and whose each is; two of one voice are about 0.67 similar."""
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    centres = unit(rng.standard_normal((len(counts), SIZE)))
    return unit(centres[who] + spread * unit(rng.standard_normal((len(who), SIZE)))), who


def agreement(vectors: np.ndarray, who: np.ndarray, centroids: np.ndarray) -> float:
    """Share of prints whose nearest centroid is the usual one of their voice."""
    nearest = (vectors @ centroids.T).argmax(axis=1)
    return sum(np.bincount(nearest[who == voice]).max() for voice in np.unique(who)) / len(who)


@pytest.mark.parametrize("speakers", [None, "right", "more"])
@pytest.mark.parametrize("counts", [[60], [40, 40], [90, 12], [60, 30, 20], [40, 30, 30, 25]])
def test_the_number_of_voices_is_found_and_a_given_one_is_an_upper_limit(counts, speakers):
    given = {None: None, "right": len(counts), "more": len(counts) + 2}[speakers]
    vectors, who = prints(counts)
    centroids = find_voices(vectors, ClusterSettings(), speakers=given)
    assert centroids.shape == (len(counts), SIZE)
    assert np.linalg.norm(centroids, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert agreement(vectors, who, centroids) == 1.0


@pytest.mark.parametrize("speakers", [1, 2, 3])
def test_there_are_never_more_voices_than_given(speakers):
    assert len(find_voices(prints([40, 30, 30, 25])[0], ClusterSettings(), speakers=speakers)) <= speakers


@pytest.mark.parametrize("speakers", [None, 2])
@pytest.mark.parametrize("counts", [[1], [2], [1, 1], [3, 2], [5]])
def test_a_few_voiceprints_are_enough(counts, speakers):
    vectors, _ = prints(counts, spread=0.3)
    assert len(find_voices(vectors, ClusterSettings(), speakers=speakers)) == len(counts)


@pytest.mark.filterwarnings("ignore:One of the clusters is empty")
@pytest.mark.parametrize("count", [3, 10, 60])
def test_the_same_print_again_and_again_is_one_voice(count):
    vectors = np.repeat(prints([1])[0], count, axis=0)
    assert len(find_voices(vectors, ClusterSettings(), speakers=2)) == 1


def test_a_run_can_be_repeated_and_a_long_meeting_is_sampled():
    vectors, who = prints([700, 500, 300])
    settings = ClusterSettings(sample=200)
    first, again = (find_voices(vectors, settings, speakers=None) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(first) == 3
    assert agreement(vectors, who, first) == 1.0
