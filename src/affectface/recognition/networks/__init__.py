"""Image -> valence, arousal and expression: the networks of Kollias 2020 and Lindt 2019, and a small one of today."""
