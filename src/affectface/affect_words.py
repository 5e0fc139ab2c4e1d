"""Words for affects and their points in the valence-arousal plane, from published ratings."""

from __future__ import annotations

DIRECTIONS: dict[str, float] = {
    "Happy": 7.8,
    "Delighted": 24.9,
    "Excited": 48.6,
    "Astonished": 69.8,
    "Aroused": 73.8,
    "Tense": 92.8,
    "Alarmed": 96.5,
    "Angry": 99.0,
    "Afraid": 116.0,
    "Annoyed": 123.0,
    "Distressed": 138.0,
    "Frustrated": 141.0,
    "Miserable": 188.7,
    "Sad": 207.5,
    "Gloomy": 209.0,
    "Depressed": 211.0,
    "Bored": 242.0,
    "Droopy": 256.7,
    "Tired": 267.7,
    "Sleepy": 271.9,
    "Calm": 316.2,
    "Relaxed": 318.0,
    "Satisfied": 319.0,
    "AtEase": 321.0,
    "Content": 323.0,
    "Serene": 328.6,
    "Glad": 349.0,
    "Pleased": 353.2,
}
"""Angle in the plane, degrees: 0 is pure positive valence, 90 pure positive arousal.

The 28 adjectives of Russell (1980), A circumplex model of affect, with the angles of the evaluation protocol of Darne,
Quan & Luo (2025).
"""

PAD_CORE = """
joyful .76 .48, happy .81 .51, angry -.51 .59, enraged -.44 .72, fearful -.64 .60, terrified -.62 .82, sad -.63 -.27,
depressed -.72 -.29, disgusted -.60 .35, contempt -.23 .31, surprised .40 .67, astonished .16 .88, excited .62 .75,
relaxed .68 -.46, bored -.65 -.62, anxious .01 .59
"""
"""Word, valence, arousal: Russell & Mehrabian (1977), Evidence for a three-factor theory of emotions, J. Res.
Personality 11, 273-294; the core that many independent transcriptions share."""

PAD_SINGLE_SOURCE = """
bold .44 .61, kind .73 .19, self-satisfied .86 .20, admired .81 .44, proud .77 .38, interested .64 .51, arrogant 0 .34,
inspired .71 .63, aggressive .41 .63, elated .50 .42, hopeful .51 .23, triumphant .69 .57, friendly .69 .35,
free .81 .24, aroused .24 .57, concentrating .42 .28, carefree .78 .25, affectionate .64 .35, alert .49 .57,
enjoyment .77 .44, serious .27 .24, thankful .61 .10, loved .87 .54, grateful .64 .16, impressed .41 .30,
sexually excited .58 .62, wonder .27 .24, fascinated .55 .51, awed .18 .40, overwhelmed .14 .45, curious .22 .62,
untroubled .79 -.01, secure .74 -.13, nonchalant .07 -.25, leisurely .58 -.32, reserved .01 -.19, protected .60 -.22,
consoled .29 -.19, quiet .19 -.40, humble .23 -.28, solemn .03 -.32, reverent .31 -.08, insolent -.26 .21,
defiant -.16 .54, hate -.56 .59, hostile -.42 .53, mildly annoyed -.28 .17, contemptuous -.24 .31, scornful -.35 .35,
suspicious -.25 .42, skeptical -.22 .21, cold anger -.43 .67, crushed -.69 .03, frustrated -.64 .52,
distressed -.61 .28, insecure -.57 .14, humiliated -.63 .43, embattled -.37 .40, helpless -.71 .42, troubled -.63 .16,
startled -.09 .65, anguished -.50 .08, displeased -.55 .16, embarrassed -.46 .54, upset -.63 .30, pain -.58 .41,
shy -.15 .06, guilty -.57 .28, confused -.53 .27, tense -.33 .58, disdainful -.32 -.11, despairing -.72 -.16,
lonely -.66 -.43, timid -.15 -.12, nauseated -.61 -.01, inhibited -.54 -.04, fatigued -.18 -.57, rejected -.62 -.01,
subdued -.17 -.26, ennui -.45 -.43, blase -.29 -.51, listless -.45 -.59, deactivated -.46 -.43, weary -.18 -.33,
uninterested -.47 -.50, detached -.37 -.26, discontented -.53 -.16, discouraged -.61 -.15
"""
"""Word, valence, arousal: the rest of Russell & Mehrabian (1977), from one public transcription that was not checked
against the paper."""


def _parse(table: str) -> dict[str, tuple[float, float]]:
    """Return the words of a table, with valence and arousal."""
    rows = (row.split() for row in table.replace("\n", " ").split(","))
    return {" ".join(row[:-2]): (float(row[-2]), float(row[-1])) for row in rows}


PAD_WORDS: dict[str, tuple[float, float]] = _parse(PAD_SINGLE_SOURCE) | _parse(PAD_CORE)
"""(valence, arousal) of the words of Russell & Mehrabian (1977); dominance is left out."""

WORDS: tuple[str, ...] = (
    *DIRECTIONS,
    *(word for word in PAD_WORDS if word not in {direction.lower() for direction in DIRECTIONS}),
)
"""Every word that `affectface.affect.word` knows, directions first."""
