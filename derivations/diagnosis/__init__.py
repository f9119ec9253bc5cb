"""Diagnosis of real data: from features and classes to what a linear encoder of them will do (§7 of the notes)."""

from derivations.data.files import table_of_file
from derivations.diagnosis.forecasts import LossForecast
from derivations.diagnosis.loss_table import tabulate_forecasts
from derivations.diagnosis.losses import predict_loss
from derivations.diagnosis.measuring import diagnose, diagnose_table
from derivations.diagnosis.result import Diagnosis

__all__ = ["Diagnosis", "LossForecast", "diagnose", "diagnose_table", "predict_loss", "table_of_file", "tabulate_forecasts"]
