# SPDX-License-Identifier: MIT
"""The parts of benchmarks/compare."""
