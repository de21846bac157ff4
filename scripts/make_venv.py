"""python3 scripts/make_venv.py DIRECTORY REQUIREMENT...

Makes a virtual environment and installs into it: `.[extra]` editable, everything else as it is named. Run by whatever
`python3` a machine has, so it uses the standard library only, and nothing newer than Python 3.6 before it has looked.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)


def refuse(message):
    sys.exit("Set-up stopped: " + message)


def check_interpreter():
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info[:2] < OLDEST:
        refuse(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, and {sys.executable} is {version}.\n"
            "Install a newer one and name it: make PYTHON=python3.12 ..."
        )
    try:
        import ensurepip  # noqa: F401  Debian ships `venv` without it, and then fails half-way
        import venv  # noqa: F401
    except ImportError as error:
        refuse(
            f"{sys.executable} ({version}) cannot make virtual environments: it has no module {error.name}.\n"
            f"On Debian or Ubuntu: apt-get install python3-venv (or python{version}-venv). "
            "Elsewhere: install the full Python package of your system."
        )


def works(python):
    """Whether the environment's interpreter still runs; it does not after the system's Python was replaced."""
    if not os.path.exists(python):
        return False
    pip = [python, "-m", "pip", "--version"]
    return subprocess.call(pip, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def main(directory, requirements):
    check_interpreter()
    import venv

    python = os.path.join(directory, "bin", "python")
    name = os.path.basename(directory)
    print(f"Setting up {name}; the first time this takes a minute ...", flush=True)
    if not works(python):
        venv.create(directory, clear=True, with_pip=True)
    arguments = []
    for requirement in requirements:
        arguments += ["--editable", requirement] if requirement.startswith(".") else [requirement]
    command = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    if subprocess.call(command + arguments) != 0:
        refuse(f"pip could not install {' '.join(requirements)}; what it said stands above.")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2:])
