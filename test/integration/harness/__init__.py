# SPDX-License-Identifier: Apache-2.0
"""Runs the real programs for end-to-end tests: see test/integration/README.md."""
