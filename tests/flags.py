"""How XLA compiles what tests run: fewer threads and older emitters take half the time.

The programs are slower to run, and what XLA does to them before it makes machine code stays.
"""

import importlib.metadata

XLA_FLAGS = (
    "--xla_cpu_multi_thread_eigen=false --xla_cpu_parallel_codegen_split_count=1"
    # Later ones abort at a flag that they do not have.
    + " --xla_cpu_use_fusion_emitters=false"
    * importlib.metadata.version("jaxlib").startswith("0.10.")
)
