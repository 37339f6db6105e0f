import errno
import os
import subprocess
import sys

import pytest
from PIL import Image

from srgan_tf.cli import main as main_module
from srgan_tf.cli.main import main
from srgan_tf.imaging.errors import is_closed_pipe
from srgan_tf.version import __version__

COMMANDS = ["upscale", "train", "evaluate", "models", "figures"]
HEAVY = """print([name for name in sys.modules if name in (
    "ai_edge_litert", "flask", "jax", "keras", "matplotlib", "numpy", "PIL", "scipy", "tensorflow",
    "tensorflow_datasets", "tqdm")], file=sys.stderr)"""


def help_of(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--help"])
    assert stop.value.code == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    return output


def test_help_lists_the_commands_and_exit_codes(capsys):
    text = help_of(capsys)
    for command in COMMANDS:
        assert f"\n    {command} " in text
    assert "exit codes: 0 done; 1 some of several inputs failed; 2 wrong use" in text


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("upscale", ["INPUT", "--output PATH", "--model NAME|FILE", "--engine", "--tile N"]),
        ("upscale", ["--overwrite", "--quality N"]),
        ("train", ["RECIPE", "--data SOURCE", "--out RUN_DIR", "--steps N", "--batch-size N"]),
        (
            "train",
            ["--crop-size N", "--learning-rate X", "--schedule {paper,cosine}", "--warmup N"],
        ),
        ("train", ["--ema X", "--degradation {bicubic,gaussian}", "--seed N", "--init NAME|FILE"]),
        ("train", ["--resume", "--vgg-weights", "--precision", "--jit-compile {auto,on,off}"]),
        ("train", ["--benchmarks DIR"]),
        ("evaluate", ["--model NAME|FILE", "--results DIR", "--benchmarks DIR", "--json FILE"]),
        ("evaluate", ["--protocol {paper,matlab}", "--engine"]),
        ("evaluate", ["--all", "--report DIR", "--perceptual", "--lpips", "--niqe-model FILE"]),
        ("evaluate", ["--held-out RUN_DIR", "--vgg-weights imagenet|FILE"]),
        ("train", ["--no-long-skip"]),
        ("models", ["--json FILE"]),
    ],
)
def test_help_of_a_command_lists_its_options_and_examples(capsys, command, options):
    text = help_of(capsys, command)
    assert text.startswith(f"usage: srgan-tf {command} ")
    assert f"examples:\n  srgan-tf {command} " in text or f"\n  srgan-tf {command} " in text
    for option in options:
        assert option in text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["enlarge"],
        ["upscale"],
        ["upscale", "a.png", "--model"],
        ["upscale", "a.png", "--engine", "abacus"],
        ["evaluate", "--benchmarks", "x"],
        ["evaluate", "--model", "bicubic"],
        ["evaluate", "--model", "bicubic", "--results", "x", "--benchmarks", "x"],
        ["evaluate", "--model", "bicubic", "--benchmarks", "x", "--protocol", "daala"],
        ["train", "srresnet_mse", "--data", "x"],
    ],
)
def test_wrong_use_is_exit_code_2(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert "error: " in errors.splitlines()[-1]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad\nthing"),
        FileNotFoundError(2, "No", "a.png"),
        ImportError("no torch"),
        MemoryError(),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(capsys, monkeypatch, error):
    def fail(options):
        raise error

    monkeypatch.setattr(main_module.upscale, "run", fail)
    assert main(["upscale", "a.png"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("srgan-tf: ")
    assert errors.count("\n") == 1


def test_the_version():
    program = [sys.executable, "-m", "srgan_tf", "--version"]
    assert subprocess.check_output(program, text=True) == f"srgan-tf {__version__}\n"


@pytest.mark.parametrize("model", [["--model", ""], ["--model", "nearest", "--model", ""]])
def test_an_empty_text_among_several_is_refused(capsys, model):
    assert main(["figures", "compare", "a.png", *model]) == 2
    assert capsys.readouterr().err == "srgan-tf: model: got an empty text\n"


def test_a_reader_that_has_had_enough_is_no_error():
    code = "import sys; from srgan_tf.cli.main import main; sys.exit(main(['models']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(tmp_path, photo_path, closed):
    command = f"{sys.executable} -m srgan_tf upscale {photo_path} --model nearest"
    large = tmp_path / "large.png"
    assert subprocess.run(f"{command} -o {large} {closed}", shell=True).returncode == 0
    with Image.open(large) as image:
        assert image.size == (120, 80)


def test_names_that_are_not_text(tmp_path, photo_path):
    path = tmp_path / os.fsdecode(b"latin\xe9.png")
    photo_path.rename(path)
    result = subprocess.run(
        [sys.executable, "-m", "srgan_tf", "upscale", path, "--model", "nearest", "--compare"],
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        str(tmp_path / "latin\\udce9_x4.png"),
        str(tmp_path / "latin\\udce9_x4_compare.html"),
    ]


def test_an_interruption_is_exit_code_130(capsys, monkeypatch):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module.upscale, "run", interrupt)
    assert main(["upscale", "a.png"]) == 130
    assert capsys.readouterr().err == "srgan-tf: interrupted\n"


HELPS = """
from srgan_tf.cli.main import main
for command in ("", "upscale", "train", "evaluate", "models", "export", "mos", "figures", "bench"):
    try:
        main([*command.split(), "--help"])
    except SystemExit:
        pass
"""


@pytest.mark.parametrize("code", ["import srgan_tf; dir(srgan_tf)", HELPS])
def test_help_loads_nothing_heavy(code):
    program = [sys.executable, "-c", f"import sys\n{code}\n{HEAVY}"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_the_package_has_no_other_names():
    import srgan_tf

    assert {"upscale", "load_generator", "build_generator", "PSNR"} <= set(dir(srgan_tf))
    with pytest.raises(AttributeError, match="no attribute 'enlarge'"):
        _ = srgan_tf.enlarge


def test_what_windows_says_of_a_closed_pipe(monkeypatch):
    invalid = OSError(errno.EINVAL, "Invalid argument")
    of_a_file = OSError(errno.EINVAL, "Invalid argument", "photo.png")
    assert is_closed_pipe(BrokenPipeError()) and not is_closed_pipe(invalid)
    monkeypatch.setattr(sys, "platform", "win32")
    assert is_closed_pipe(BrokenPipeError()) and is_closed_pipe(invalid)
    assert not is_closed_pipe(of_a_file)
