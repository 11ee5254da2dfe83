"""Predictors of remote inputs that do better than to repeat the last one, where that can be done, and never much worse.

```python
config = SessionConfig(predictor=NGram(order=2))
evaluate_predictor(["a.rbk", "b.rbk"], delay=3, jitter=2, predictor=NGram(order=2)).ratio
```
"""

from rollback.agents.predictors.delayed import DelayedBot
from rollback.agents.predictors.evaluation import Evaluation, Figures, Interval, TraceFigures, evaluate_predictor
from rollback.agents.predictors.exact import ExactPredictor
from rollback.agents.predictors.gate import Gate
from rollback.agents.predictors.ngram import NGram
from rollback.agents.predictors.policy import PolicyPredictor

__all__ = [
    "DelayedBot",
    "Evaluation",
    "ExactPredictor",
    "Figures",
    "Gate",
    "Interval",
    "NGram",
    "PolicyPredictor",
    "TraceFigures",
    "evaluate_predictor",
]
