"""What a sweep came to: a table, plots, a CSV file and a page."""

from rnnjax.sweeps.report.page import write_report
from rnnjax.sweeps.report.table import print_report

__all__ = ["print_report", "write_report"]
