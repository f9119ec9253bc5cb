"""The main job: derivations with every step checked, a data set diagnosed, theory laid over simulation; a paper of it."""

from derivations.report.contents import Report as Report
from derivations.report.making import make_report as make_report
from derivations.report.writing import write_report as write_report
