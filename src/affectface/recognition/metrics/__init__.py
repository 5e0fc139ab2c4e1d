"""How well predictions agree with labels: `metric(y_true, y_pred)`, on plain arrays.

One rule for what cannot be measured. NaN and infinities are refused with a ValueError: whoever has rows without a label
leaves them out first, and says how many. A figure whose formula divides zero by zero, such as the correlation with a
constant, is NaN, without a warning: it is not defined, and neither 0 nor 1 would be right.
"""

from affectface.recognition.metrics.bootstrap import BootstrapConfig, Interval, confidence_interval
from affectface.recognition.metrics.classification import (
    ClassScores,
    accuracy,
    class_scores,
    confusion_matrix,
    macro_f1,
    mean_diagonal,
)
from affectface.recognition.metrics.intraclass import icc_1_1, icc_3_1, intraclass_correlation
from affectface.recognition.metrics.paired import (
    Comparison,
    mcnemar_test,
    paired_bootstrap,
    permutation_test,
    wilcoxon_test,
)
from affectface.recognition.metrics.plane_error import PlaneError, plane_error
from affectface.recognition.metrics.probabilities import area_under_curve, log_loss
from affectface.recognition.metrics.regression import (
    concordance,
    mean_absolute_error,
    mean_squared_error,
    pearson,
    root_mean_squared_error,
    sign_agreement,
)
from affectface.recognition.metrics.scores import expression_scores, valence_arousal_scores

__all__ = [
    "BootstrapConfig",
    "ClassScores",
    "Comparison",
    "Interval",
    "PlaneError",
    "accuracy",
    "area_under_curve",
    "class_scores",
    "concordance",
    "confidence_interval",
    "confusion_matrix",
    "expression_scores",
    "icc_1_1",
    "icc_3_1",
    "intraclass_correlation",
    "log_loss",
    "macro_f1",
    "mcnemar_test",
    "mean_absolute_error",
    "mean_diagonal",
    "mean_squared_error",
    "paired_bootstrap",
    "pearson",
    "permutation_test",
    "plane_error",
    "root_mean_squared_error",
    "sign_agreement",
    "valence_arousal_scores",
    "wilcoxon_test",
]
