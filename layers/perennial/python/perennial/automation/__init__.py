"""What follows from the alarms of a model: retraining, taking a version back, stopping."""
