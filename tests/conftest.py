import sys
from pathlib import Path

# The oracle is shared by tests of several folders and by the benchmark; importlib mode puts no folder on the path.
sys.path.append(str(Path(__file__).parent))
