# SPDX-License-Identifier: MIT
"""pcsc_pyscard_example.py FILE: run an example of pyscard's, which sleeps until a person has moved the
card, or waits for one without limit: three seconds do, for the card stays where it is."""
import runpy
import signal
import sys
import time

PATIENCE = 3

sleep = time.sleep
time.sleep = lambda seconds: sleep(min(seconds, PATIENCE))
signal.signal(signal.SIGALRM, signal.SIG_DFL)
if "getStatusChange" in sys.argv[1]:
    signal.alarm(PATIENCE)
sys.stdout.reconfigure(line_buffering=True)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
