"""Words that tell by their class: small lists, written for this project, for the features and the rules.

None was taken from a published list. English only: a word of another language is in none of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def listed(words: str) -> frozenset[str]:
    """A list of words, written with blanks between."""
    return frozenset(words.split())


CONTRACTIONS = {
    "'kay": "okay", "'cause": "because", "cuz": "because", "cos": "because", "ok": "okay", "o_k": "okay",
    "k": "okay", "yea": "yeah", "ya": "yeah", "yah": "yeah", "yup": "yep", "uh-huh": "uhhuh", "uhuh": "uhhuh",
    "{uhhuh}": "uhhuh", "mm-hm": "mmhm", "mm-hmm": "mmhm", "mhm": "mmhm", "mmhmm": "mmhm", "mm-mm": "mm",
    "mmm": "mm", "hmmm": "hmm", "hm": "hmm", "u": "you", "r": "are", "ur": "your", "thats": "that's",
    "im": "i'm", "ive": "i've", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't",
    "whats": "what's", "hows": "how's", "youre": "you're", "wont": "won't", "isnt": "isn't",
    "arent": "aren't",
    "wanna": "want to", "gonna": "going to", "gotta": "got to", "favourite": "favorite",
    "all-right": "alright",
}  # fmt: skip
"""Spellings that the corpora and the recogniser write in several ways, and the one that is kept."""

FILLERS = listed("um uh er erm eh ehm uhm umm")
YES = listed("""yeah yes yep okay right sure alright exactly absolutely definitely true indeed correct""")
LISTENING = YES | listed("mm mmhm hmm uhhuh huh oh ah i see really wow gotcha well so")
NO = listed("no nope nah not never none")
WH = listed(
    """what how why where who when which what's how's where's who's when's why's whose whatever what're"""
)
AUXILIARIES = listed(
    """is are was were do does did can could will would should shall have has had may might am isn't
    aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't hasn't
    hadn't ain't"""
)
SUBJECTS = listed("""i you he she it we they there this that these those anyone anybody someone somebody""")
FIRST = listed("i i'm i've i'd i'll me my mine myself")
FIRST_MANY = listed("we we're we've we'd we'll us our ours ourselves let's")
SECOND = listed("you you're you've you'd you'll your yours yourself")
POSITIVE = listed(
    """good great nice cool fine excellent wonderful awesome amazing fantastic perfect brilliant lovely
    beautiful interesting impressive fun funny neat sweet terrific super better best happy glad
    pleased love loved enjoy enjoyed helpful useful kind generous smart clever incredible delicious
    fascinating exciting outstanding thoughtful admirable inspiring caring honest charming gorgeous
    delightful marvelous splendid wow"""
)
NEGATIVE = listed(
    """bad terrible awful horrible sad scary hard difficult tough rough weird strange crazy stupid boring
    annoying frustrating ugly worse worst sorry shame pity unfortunate unfortunately hate hated
    worried worry afraid upset disappointing disappointed stressful stressed painful ridiculous wrong
    problem problems expensive"""
)
FEELING = listed(
    """feel feels feeling feelings felt sorry hear hurt pain sad upset anxious stressed overwhelmed
    lonely angry frustrated scared worried hopeless depressed tired exhausted grateful proud tough
    hard hope understand understandable imagine sounds must"""
)
KIN = listed(
    """mom mum mother dad father parents brother sister wife husband son daughter kids kid children child
    baby family grandmother grandfather grandma grandpa grandson uncle aunt cousin nephew niece friend
    friends girlfriend boyfriend partner dog cat neighbor neighbour"""
)
LEISURE = listed(
    """weather rain raining snow sunny cold warm hot weekend holiday holidays vacation trip travel
    camping beach summer winter football soccer hockey golf game movie movies music concert restaurant
    coffee lunch dinner beer party birthday christmas thanksgiving flight drive traffic hometown live
    lived grew hobby hobbies fishing hiking skiing swimming garden cooking book books yesterday
    tonight today day morning evening"""
)
GREETING = listed("""hello hi hey bye goodbye welcome thanks thank cheers morning afternoon evening""")
PROPOSING = listed("""let's should could suggest propose recommend maybe how about offer shall why don't""")
JOKING = listed("haha hah hahaha lol joke joking kidding funny hilarious")
GIST = listed("""so basically meaning mean sounds seems words saying said then sort kind guess essentially""")
BUT = listed("but however although though actually disagree")
PAST = listed(
    """was were had did went got came saw took made said told knew thought left found gave felt lost met
    grew became began bought brought heard kept ran spent taught wrote won used died born broke built
    chose ate fell flew forgot drove paid put read sat sent slept spoke stood stole swam woke wore"""
)
NOT_PAST = listed(
    """need indeed speed feed seed red bed fed led shed exceed proceed wed hundred interested"""
)

CLASSES: dict[str, frozenset[str]] = {
    "yes": YES, "no": NO, "wh": WH, "aux": AUXILIARIES, "i": FIRST, "we": FIRST_MANY, "you": SECOND,
    "good": POSITIVE, "bad": NEGATIVE, "feel": FEELING, "kin": KIN, "leisure": LEISURE, "greet": GREETING,
    "propose": PROPOSING, "joke": JOKING, "gist": GIST, "but": BUT, "listen": LISTENING,
}  # fmt: skip

FUNCTION = listed(
    """a an the and or but so if then than because as of at by for with about into to from in on off up
    down out over is are was were be been being am do does did doing done have has had having will
    would shall should can could may might must i you he she it we they me him her us them my your his
    its our their this that these those there here what which who how when where why not no yes yeah
    okay right oh well just like really very too also know mean think get got go going want some any
    all one thing things stuff kind sort lot more much many i'm you're it's that's don't i've we're
    they're there's can't let's i'll we'll you'll"""
) | FILLERS | LISTENING  # fmt: skip
"""Words whose return in the next turn says nothing about its subject."""


def phrases(*patterns: str) -> re.Pattern[str]:
    """A pattern for any of some ways of speaking, of whole words at their beginning."""
    return re.compile("|".join(rf"\b(?:{pattern})" for pattern in patterns))


PHRASES: dict[str, re.Pattern[str]] = {
    "sympathy": phrases(
        "sorry (to hear|about|for your|that you)|must (be|have been|feel)\\b|i can (only |just )?imagine",
        "i (can |do |totally |completely |fully )*(understand|know|feel) (how|what|that|why|your?|the way)",
        "(sounds|seems|feels) (really |very |so |like a |pretty )*"
        "(hard|tough|difficult|stressful|awful|rough)",
        "hope (you|everything|it|things|they) (feel|get|are|is|go|will|can|all|have)|poor (you|thing)",
        "take care\\b|oh no\\b|that's (too bad|awful|terrible|horrible|so sad|tough|hard)\\b",
    ),
    "gist": phrases(
        "(it|that|this|you|which) (sounds?|seems?|looks?) (like|as if|that)\\b|so what you\\b|so you\\b",
        "you('re| are)? (mean|saying|said|feel|feeling|thinking)\\b|in other words\\b|so basically\\b",
        "if i understand|which means\\b|on (the )?one hand|you're (sort|kind) of\\b|so (it's|that's)\\b",
    ),
    "chat": phrases(
        "how are (you|things)|how's it going|how (was|were|is) your|nice to (meet|see)|how have you been",
        "what do you do\\b|where are you from|have a (good|great|nice|wonderful|safe|fun)",
        "are you (excited|ready|looking forward)|do you (like|enjoy|have (any )?(kids|children|pets))\\b",
        "good (morning|afternoon|evening)|(nice|beautiful|lovely) (day|weather)|enjoy your|looking forward",
    ),
}
"""Ways of speaking that are longer than three words or have many forms."""

_SENTENCE = re.compile(r"[.!?]+|\n")
_WORD = re.compile(r"\{uhhuh\}|[^\W_]+(?:[-'_][^\W_]+)*|'(?:kay|cause)\b", re.UNICODE)
_NOISE = re.compile(r"\{(?!uhhuh)[^}]*\}|<[^>]*>|\[[^\]]*\]|\([^)]*\)|[*#]")


def sentences(text: str) -> list[list[str]]:
    """Words of each sentence of a piece of talk, in one spelling, without fillers unless it is all there is.

    A text without punctuation is one sentence. Marks of noises in brackets are left out.
    """
    lower = _NOISE.sub(" ", text.lower().replace("’", "'").replace("o.k.", "okay"))
    found = []
    for part in _SENTENCE.split(lower):
        words = " ".join(CONTRACTIONS.get(word, word) for word in _WORD.findall(part)).split()
        if words:
            found.append(words)
    kept = [[word for word in words if word not in FILLERS] for words in found]
    return [words for words in kept if words] or found


def count(words: Sequence[str], members: frozenset[str]) -> int:
    """How many of the words are in the list."""
    return sum(word in members for word in words)


def is_past(word: str) -> bool:
    """Whether a word looks like a past tense: an irregular one of the list or one in -ed."""
    return word in PAST or (word.endswith("ed") and len(word) > 4 and word not in NOT_PAST)
