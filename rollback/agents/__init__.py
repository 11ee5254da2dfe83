"""Agents: checkpoints, training, what plays from a checkpoint, predictors of others. No logic here, nothing is imported."""
