"""What a line of CHAT can hold: marks of time, languages, and characters that would be read as codes.

CHAT (MacWhinney 2000; talkbank.org/0info/manuals/CHAT.html) gives some characters a meaning wherever they
stand in a word. In words of ours they are written as look-alikes, most of them full-width forms (U+FF01 and
on), and read back as what they were.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.exports.notation import load_notation
from pipeline.exports.script import Atom
from pipeline.exports.typed import Parser, one_kind_of_brackets, plain

CHAT = "chat"
"""The notation; in a material's manifest, what of a file is no row of a timeline."""
WIDTH = 80
"""Letters in a line, from which it is continued on the next after a tab."""
BULLET = re.compile("\x15(\\d+)_(\\d+)\x15")
"""A mark of time: first and last millisecond."""
SECONDS = r"\((?:(\d+):)?(\d+(?:[.,]\d*)?|[.,]\d+)\)"
"""A silence of a length: ``(0.8)``, ``(.7)``, ``(1:02.5)``."""
SILENCE = re.compile(rf"{SECONDS}|\(\.{{1,3}}\)")
_FULL = 0xFEE0
"""From a character of ASCII to its full-width form."""
_CODES = {sign: chr(ord(sign) + _FULL) for sign in '[]<>@&^+"'} | {"’": "＇", "‘": "｀", "°": "˚"}
_LOOK_ALIKES = {look: sign for sign, look in _CODES.items()}
_LOOK_ALIKES |= {chr(ord(sign) + _FULL): sign for sign in "0(xyXYW"}
_WRITE, _READ = str.maketrans(_CODES), str.maketrans(_LOOK_ALIKES)
_OLD_CODES = ("xx", "yy", "XXX", "YYY", "WWW")
_ZERO = re.compile("^0|(?<=-)0")
"""What would be a word or an affix left out."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PAIRED = re.compile("[⌈⌉⌊⌋∆∇◉⁎☺♋⁇]")
_UNDERLINE = re.compile("\x02[\x01\x02]|\u0332")
_REMARK = re.compile(r"\(\(.*?\)\)|\[[^\]]*\]|&=\S+|&[-+~*](?=\S)|(?<!\S)\+\S+|@\S*")
_EDGES = "<>()=.,?!;:„“”\"'"


def cleaned(text: str) -> str:
    """A text in one line: blanks for all white space, U+FFFD for control characters."""
    return _CONTROL.sub("\ufffd", re.sub(r"\s+", " ", text))


def said(text: str) -> str:
    """A word's letters as CHAT can hold them: `cleaned`, with look-alikes for its codes.

    Signs of CHAT that come in pairs become U+FFFD, for one alone would change what follows.
    """
    if not text or (text.isalpha() and text.isascii() and text not in _OLD_CODES):
        return text
    text = _PAIRED.sub("\ufffd", cleaned(text))
    if text in _OLD_CODES:
        text = chr(ord(text[0]) + _FULL) + text[1:]
    text = _ZERO.sub(chr(ord("0") + _FULL), text).replace("(.", "（.")
    return text.translate(_WRITE)


def meant(text: str) -> str:
    """The inverse of `said`, in a whole line."""
    return text.translate(_READ)


def plain_words(marked: str) -> str:
    """The words alone of a line with marks and codes."""
    text = _REMARK.sub(" ", _UNDERLINE.sub("", marked))
    words = plain(atoms_of(text)).split()
    kept = (meant(word).strip(_EDGES) for word in words)
    return " ".join(word for word in kept if any(letter.isalnum() for letter in word))


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return Parser(load_notation(CHAT), strict=False)


def atoms_of(marked: str) -> list[Atom]:
    """What a line says, its brackets taken as they stand."""
    parser = _parser()
    parser.open.clear()
    return parser.read(one_kind_of_brackets(marked))


def bullet(start: int, end: int) -> str:
    """A mark of time of milliseconds."""
    return f"\x15{start}_{end}\x15"


def wrapped(line: str) -> str:
    """A line with its continuations, each after a tab; runs of blanks stay whole.

    None begins like a silence or a mark of time, for such a line could stand for itself.
    """
    rows, begin, best = [], 0, -1
    for place in [found.start() for found in re.finditer(r"(?<=[^\s]) (?=[^\s(\x15\[])", line)] + [len(line)]:
        if place - begin > WIDTH and best > begin:
            rows.append(line[begin:best])
            begin = best + 1
        best = place
    return "\n\t".join([*rows, line[begin:]])


_CODES_OF_LANGUAGES = """
aa aar  ab abk  ae ave  af afr  ak aka  am amh  an arg  ar ara  as asm  av ava  ay aym  az aze
ba bak  be bel  bg bul  bh bih  bi bis  bm bam  bn ben  bo bod  br bre  bs bos  ca cat  ce che
ch cha  co cos  cr cre  cs ces  cu chu  cv chv  cy cym  da dan  de deu  dv div  dz dzo  ee ewe
el ell  en eng  eo epo  es spa  et est  eu eus  fa fas  ff ful  fi fin  fj fij  fo fao  fr fra
fy fry  ga gle  gd gla  gl glg  gn grn  gu guj  gv glv  ha hau  he heb  hi hin  ho hmo  hr hrv
ht hat  hu hun  hy hye  hz her  ia ina  id ind  ie ile  ig ibo  ii iii  ik ipk  io ido  is isl
it ita  iu iku  ja jpn  jv jav  jw jav  ka kat  kg kon  ki kik  kj kua  kk kaz  kl kal  km khm
kn kan  ko kor  kr kau  ks kas  ku kur  kv kom  kw cor  ky kir  la lat  lb ltz  lg lug  li lim
ln lin  lo lao  lt lit  lu lub  lv lav  mg mlg  mh mah  mi mri  mk mkd  ml mal  mn mon  mr mar
ms msa  mt mlt  my mya  na nau  nb nob  nd nde  ne nep  ng ndo  nl nld  nn nno  no nor  nr nbl
nv nav  ny nya  oc oci  oj oji  om orm  or ori  os oss  pa pan  pi pli  pl pol  ps pus  pt por
qu que  rm roh  rn run  ro ron  ru rus  rw kin  sa san  sc srd  sd snd  se sme  sg sag  sh hbs  si sin
sk slk  sl slv  sm smo  sn sna  so som  sq sqi  sr srp  ss ssw  st sot  su sun  sv swe  sw swa
ta tam  te tel  tg tgk  th tha  ti tir  tk tuk  tl tgl  tn tsn  to ton  tr tur  ts tso  tt tat
tw twi  ty tah  ug uig  uk ukr  ur urd  uz uzb  ve ven  vi vie  vo vol  wa wln  wo wol  xh xho
yi yid  yo yor  za zha  zh zho  zu zul
"""
THREE_LETTERS = dict(re.findall(r"(\w{2}) (\w{3})", _CODES_OF_LANGUAGES))
"""ISO 639-3 codes by ISO 639-1; ``jw`` is what recognisers call Javanese."""
TWO_LETTERS = {three: two for two, three in THREE_LETTERS.items() if two != "jw"}


def language_code(language: str) -> str:
    """ISO 639-3 of a language of ISO 639-1, or of 639-3 itself; ``und`` where it is not known."""
    short = language.lower().partition("-")[0]
    return THREE_LETTERS.get(short, short if re.fullmatch("[a-z]{3}", short) else "und")
