"""The talk of the sample meeting, as data.

In ``text`` a number in brackets, ``(0.6)``, is a pause of that many seconds after the word before it.
``say`` is phonetic input for the engine when ``text`` is only what a transcript would write.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Turn:
    """One turn, minimal response or laugh.

    Parameters
    ----------
    id, speaker, kind : str
        Name of the turn, ``S`` or ``C``, and what the turn does.
    text : str
        Words with pauses; empty for laughter.
    gap : float
        Seconds of silence between the end of the talk so far and this turn.
    at : tuple or None
        Instead of ``gap``: (turn, ``start``, ``end`` or word number, seconds); a word number means the end
        of that word.
    say : str
        Phonetic input for the engine.
    calls, seed : int
        Laughter only: number of calls and seed.
    """

    id: str
    speaker: str
    kind: str
    text: str = ""
    gap: float = 0.0
    at: tuple[str, str | int, float] | None = None
    say: str = ""
    calls: int = 0
    seed: int = 0


SCRIPT = (
    Turn("s1", "S", "small_talk", "Hi Anna, (0.12) good to see you. (0.35) How was your holiday?", gap=1.2),
    Turn(
        "c1",
        "C",
        "small_talk",
        "Oh, it was lovely, thanks. (0.45) We went to Portugal, (0.15) two weeks by the sea.",
        gap=0.42,
    ),
    Turn("sb1", "S", "minimal", "Oh, nice!", at=("c1", 8, -0.1)),
    Turn(
        "s2",
        "S",
        "small_talk",
        "Portugal! (0.25) We were there last summer, (0.12) and my kids still talk about the grilled fish.",
        gap=0.33,
    ),
    Turn("cb1", "C", "minimal", "Yeah.", at=("s2", 5, -0.02)),
    Turn(
        "c2",
        "C",
        "joke",
        "Mine only talk about the ice cream. (0.5) I think we paid for the owner's new boat.",
        gap=0.55,
    ),
    Turn("l1", "S", "laugh", gap=0.18, calls=9, seed=3),
    Turn("l2", "C", "laugh", at=("l1", "start", 0.38), calls=8, seed=1),
    Turn(
        "s3", "S", "open_question", "So, (0.6) tell me, how do you do the monthly reporting today?", gap=0.9
    ),
    Turn(
        "c3",
        "C",
        "story",
        "Well, (0.7) honestly, it takes my team two days every month. (0.4) Last week, Peter stayed until "
        "midnight, (0.18) because one number did not match.",
        gap=1.3,
    ),
    Turn("sb2", "S", "minimal", "Mm-hm", at=("c3", 9, 0.03), say="[[ mhˈʌm. ]]"),
    Turn("sb3", "S", "minimal", "Yeah.", at=("c3", 14, -0.05)),
    Turn(
        "s4",
        "S",
        "second_story",
        "We had a customer just like that. (0.45) Their team worked every first weekend of the month, "
        "(0.1) until we automated the checks.",
        gap=0.6,
    ),
    Turn("cb2", "C", "minimal", "Really?", at=("s4", 15, -0.12)),
    Turn("c4", "C", "agreement", "That sounds exactly like us.", gap=0.4),
    Turn(
        "s5",
        "S",
        "formulation",
        "So you mean the problem is not the tool, (0.28) it is the time it takes to collect the numbers?",
        gap=0.75,
    ),
    Turn("c5", "C", "confirmation", "Yes, (0.1) exactly. (0.22) That is the problem.", gap=0.25),
    Turn(
        "s6",
        "S",
        "compliment",
        "I like how clearly you put it. (0.32) You have really thought this through.",
        gap=1.0,
    ),
    Turn("c6", "C", "thanks", "Thank you!", gap=0.36),
    Turn("s7", "S", "assessment", "Two free days every month would be good.", gap=0.8),
    Turn("c7", "C", "upgraded_agreement", "It would be absolutely wonderful.", gap=0.04),
    Turn("s8", "S", "third_position_agreement", "It really would.", gap=0.15),
    Turn(
        "s9",
        "S",
        "proposal",
        "We could begin with a short trial for the whole company next month.",
        gap=0.7,
    ),
    Turn("c8", "C", "overlap", "Could we start with just one team first?", at=("s9", 6, 0.05)),
    Turn("s10", "S", "alignment", "Of course, one team first. (0.5) Would this week work for you?", gap=0.5),
    Turn("c9", "C", "answer", "No, (0.16) not this week, sorry. (0.4) Next Tuesday is fine.", gap=0.85),
    Turn("s11", "S", "closing", "Great, next Tuesday then. (0.3) Talk to you soon!", gap=0.06),
    Turn("c10", "C", "closing", "Bye, and thanks!", gap=0.3),
)

# Gestures. An anchor is (turn, 'start' | 'end' | word number, seconds); a word number means its start.

NODS = (  # person, anchor, full cycles, cycles per second, amplitude in degrees (half of peak to peak)
    ("S", ("c1", 6, 0.0), 2, 2.0, 6.0),
    ("C", ("s2", 3, 0.0), 2, 1.8, 5.5),
    ("S", ("c3", 8, 0.0), 3, 2.0, 6.5),
    ("C", ("s4", 13, 0.1), 2, 2.0, 6.0),
    ("C", ("c5", "start", 0.05), 3, 2.2, 7.0),
    ("S", ("c5", 3, 0.2), 2, 2.0, 5.5),
    ("C", ("s7", 3, 0.0), 2, 1.8, 6.0),
    ("S", ("c7", 2, 0.0), 2, 2.1, 6.0),
    ("S", ("s10", "start", 0.0), 2, 1.9, 6.5),
    ("C", ("s11", 1, 0.0), 2, 2.1, 6.0),
)
SHAKES = (
    ("S", ("c3", 17, 0.0), 2, 1.5, 8.0),
    ("C", ("s4", 5, 0.0), 2, 1.4, 7.0),
    ("C", ("c9", "start", 0.0), 3, 1.6, 8.0),
)
SMILES = (  # person, anchor of the start, anchor of the end, strength 0..1
    ("S", ("s1", "start", -0.4), ("s1", 6, 0.2), 0.8),
    ("C", ("s1", 2, 0.0), ("c1", 4, 0.2), 0.9),
    ("S", ("sb1", "start", -0.1), ("s2", 1, 0.6), 0.7),
    ("C", ("c2", 11, 0.0), ("l2", "start", 0.3), 0.5),
    ("S", ("l1", "start", -0.25), ("l1", "end", 0.9), 1.0),
    ("C", ("l2", "start", -0.2), ("l2", "end", 1.1), 1.0),
    ("S", ("s6", "start", 0.0), ("s6", 6, 0.2), 0.6),
    ("C", ("s6", 8, 0.3), ("c6", "end", 0.8), 0.9),
    ("C", ("c7", "start", -0.2), ("c7", "end", 0.5), 0.7),
    ("S", ("s11", "start", -0.2), ("c10", "end", 1.2), 0.9),
    ("C", ("s11", 4, 0.0), ("c10", "end", 1.2), 0.9),
)
GAZES = (  # person, start, end, gaze_x (+ = towards the right edge of the picture), gaze_y (+ = down)
    ("S", ("s2", 8, 0.0), ("s2", 12, 0.0), -1.2, -0.3),
    ("C", ("s3", "end", 0.3), ("c3", 1, 0.3), 1.3, -0.2),
    ("S", ("s4", "start", -0.4), ("s4", 3, 0.1), -1.3, 0.2),
    ("C", ("s6", "start", -0.9), ("s6", 2, 0.0), -1.3, 0.3),
    ("S", ("s7", "start", -0.6), ("s7", 2, 0.0), 1.3, 0.2),
    ("S", ("s9", 2, 0.0), ("s9", 5, 0.0), 1.3, 0.3),
    ("C", ("s10", 8, 0.2), ("c9", "start", -0.15), 1.3, 0.2),
)
