import numpy as np
import pytest
from pyannote.core import Segment, Timeline
from scipy.signal import butter, sosfilt

from pipeline.media.clock import Clock
from pipeline.media.sound import RATE, Sound
from pipeline.speech.channels import ChannelSettings, own_speech, own_words
from pipeline.speech.edges import EdgeSettings
from pipeline.speech.engines import Word
from pipeline.speech.segmentation import FIRST_EDGE, FRAME_SECONDS, Segmentation

LIMITS = ChannelSettings()
Spans = list[tuple[float, float]]


def voice(spans: Spans, seconds: float, seed: int) -> np.ndarray:
    """Bursts of noise in the band of speech."""
    band = butter(4, [200, 4000], "bandpass", fs=RATE, output="sos")
    burst = sosfilt(band, np.random.default_rng(seed).standard_normal(round(seconds * RATE)))
    inside = np.zeros(len(burst), bool)
    for start, end in spans:
        inside[round(start * RATE) : round(end * RATE)] = True
    return 0.1 * burst / burst.std() * inside


def network(spans: Spans, seconds: float) -> Segmentation:
    """The network hears speech wherever anybody is heard."""
    times = FIRST_EDGE + (np.arange(int(seconds / FRAME_SECONDS)) + 0.5) * FRAME_SECONDS
    speech = np.zeros(len(times), np.float32)
    for start, end in spans:
        speech[(times >= start) & (times < end)] = 0.95
    none = np.zeros_like(speech)
    return Segmentation(np.zeros((0, 589, 3), np.uint8), speech, none, none)


def kept(
    talk: list[Spans],
    seconds: float,
    *,
    leak: float = -20.0,
    gains: tuple[float, ...] = (1, 1),
    late: float = 0.0,
    rate: float = 1.0,
) -> list[Spans]:
    """Own speech by channel, where each hears the other too.

    The last recording began `late` seconds late and its recorder's clock is slow by `rate`.
    """
    voices = [voice(spans, seconds, seed) for seed, spans in enumerate(talk)]
    noise = 0.0003 * np.random.default_rng(99).standard_normal((len(talk), round(seconds * RATE)))
    everybody = [span for spans in talk for span in spans]
    sounds, heard, clocks = [], [], []
    for who, own in enumerate(voices):
        others = sum(other for i, other in enumerate(voices) if i != who)
        signal = gains[who] * (own + 10 ** (leak / 20) * others + noise[who])
        clock = Clock(late, rate) if who == len(talk) - 1 else Clock()
        times = clock.meeting(np.arange(int(clock.own(seconds) * RATE)) / RATE)
        recorded = np.interp(times * RATE, np.arange(len(signal)), signal)
        sounds.append(Sound((recorded * 32768).astype(np.int16)))
        shifted = [(max(0.0, clock.own(a)), clock.own(b)) for a, b in everybody]
        heard.append(network(shifted, clock.own(seconds)))
        clocks.append(clock)
    found = own_speech(sounds, heard, clocks, LIMITS, EdgeSettings())
    return [[(c.meeting(a), c.meeting(b)) for a, b in spans] for spans, c in zip(found, clocks, strict=True)]


def assert_talk(found: list[Spans], true: list[Spans], tolerance: float = 0.05) -> None:
    for ours, wanted in zip(found, true, strict=True):
        assert len(ours) == len(wanted)
        assert np.abs(np.array(ours) - np.array(wanted)).max() <= tolerance


BY_TURNS = [[(1.0, 3.0), (6.0, 8.0), (11.0, 12.0)], [(3.5, 5.5), (8.5, 10.5), (12.5, 14.0)]]


@pytest.mark.parametrize("late", [0.0, 0.75])
@pytest.mark.parametrize("gains", [(1, 1), (0.1, 2)])
def test_cross_talk_is_left_out(late, gains):
    assert_talk(kept(BY_TURNS, 15.0, late=late, gains=gains), BY_TURNS)


def test_a_slow_clock_is_reckoned_with():
    """2 % is far more than any recorder's, so that it shows within a quarter of a minute."""
    assert_talk(kept(BY_TURNS, 15.0, late=0.75, rate=1.02), BY_TURNS)


def test_speech_at_the_same_time_is_kept_in_both_channels():
    talk = [[(1.0, 3.0), (6.0, 9.0)], [(3.5, 5.5), (7.0, 9.0)]]
    assert_talk(kept(talk, 10.0), talk, tolerance=0.2)


def test_a_soft_answer_is_not_taken_for_cross_talk():
    """8 dB under the usual level while nobody else speaks."""
    true: list[Spans] = [[(1.0, 3.0), (6.0, 8.0)], [(4.0, 5.0)]]
    loud, soft, other = (voice(spans, 10.0, i) for i, spans in enumerate([true[0][:1], true[0][1:], true[1]]))
    noise = 0.0003 * np.random.default_rng(5).standard_normal((2, len(loud)))
    sounds = [
        Sound(((s + n) * 32768).astype(np.int16))
        for s, n in zip([loud + 0.4 * soft, other], noise, strict=True)
    ]
    heard = [network(spans, 10.0) for spans in true]
    assert_talk(own_speech(sounds, heard, [Clock(), Clock()], LIMITS, EdgeSettings()), true)


def test_cross_talk_is_left_out_of_the_channel_of_somebody_who_says_little():
    """Most of what is heard in the second channel is cross-talk; it must not pass for the usual level."""
    talk = [
        [(4.0 * i, 4.0 * i + 3.0) for i in range(1, 12)],
        [(4.0 * i + 3.2, 4.0 * i + 3.7) for i in (1, 4, 8)],
    ]
    assert_talk(kept(talk, 50.0), talk)


def test_cross_talk_right_after_own_speech_is_left_out():
    """A neighbour who begins at once is cut off, though the sound goes on."""
    talk = [[(1.0, 4.0), (7.0, 9.0)], [(4.0, 7.0), (9.0, 11.0)]]
    for ours, others in zip(kept(talk, 12.0), reversed(talk), strict=True):
        wrong = Timeline(Segment(*span) for span in ours).crop(Timeline(Segment(*span) for span in others))
        assert wrong.duration() < 0.6


def test_three_channels():
    talk = [*BY_TURNS, [(15.0, 17.0), (18.0, 19.0), (20.0, 22.0)]]
    assert_talk(kept(talk, 23.0, gains=(1, 1, 1)), talk)


def test_a_channel_in_which_nobody_speaks():
    talk: list[Spans] = [[(1.0, 3.0), (4.0, 6.0)], []]
    noise = 0.0003 * np.random.default_rng(5).standard_normal(8 * RATE)
    sounds = [Sound(((voice(talk[0], 8.0, 1) + n) * 32768).astype(np.int16)) for n in (noise,)]
    sounds.append(Sound((noise * 32768).astype(np.int16)))
    heard = [network(talk[0], 8.0), network([], 8.0)]
    assert_talk(own_speech(sounds, heard, [Clock(), Clock()], LIMITS, EdgeSettings())[:1], talk[:1])
    assert own_speech(sounds, heard, [Clock(), Clock()], LIMITS, EdgeSettings())[1] == []


def test_own_words_are_those_in_own_speech():
    words = [Word(str(start), start, start + 0.5, 0.9) for start in (0.6, 1.2, 1.9, 3.0)]
    assert own_words(words, [(1.0, 2.1)], LIMITS).tolist() == [False, True, True, False]
    assert own_words(words, [], LIMITS).tolist() == [False] * 4
    assert own_words([], [(1.0, 2.0)], LIMITS).tolist() == []
