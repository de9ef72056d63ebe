"""An image's name leads to the program its Dockerfile starts."""

import sys
from pathlib import Path

import pytest

from emulator import containers
from emulator.errors import UnknownImage


def image(project: Path, dockerfile: str) -> containers.LocalImage:
    folder = project / "functions" / "job"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    return containers.find("perennial-local/job:1", project)


def test_python_of_the_image_is_the_one_that_runs_the_emulator(tmp_path: Path) -> None:
    for python in ("python", "python3", "/usr/local/bin/python3.13"):
        found = image(tmp_path, f'FROM x\nENTRYPOINT ["{python}", "-m", "job"]\nCMD ["a"]')
        assert found.command([]) == [sys.executable, "-m", "job", "a"]
        assert found.command(["b", "c"]) == [sys.executable, "-m", "job", "b", "c"]


def test_paths_below_the_working_directory_are_the_functions_own(tmp_path: Path) -> None:
    found = image(tmp_path, 'FROM x\nWORKDIR /app\nENTRYPOINT ["python", "/app/sub/job.py"]')
    assert found.entry_point[1] == str(tmp_path / "functions/job/sub/job.py")
    assert found.folder == tmp_path / "functions/job"


def test_job_that_works_in_tmp_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    assert image(tmp_path, 'FROM x\nWORKDIR /tmp\nENTRYPOINT ["python"]').folder is None


def test_variables_of_the_last_stage_are_expanded(tmp_path: Path) -> None:
    found = image(
        tmp_path,
        "FROM a\nENV GONE=1\nFROM b\n# a comment\nENV ROOT=/opt \\\n    PATH=/opt/bin:$PATH\n"
        'ENV BELOW=${ROOT}/x OLD="with space"\nENTRYPOINT ["python"]',
    )
    assert found.environment["BELOW"] == "/opt/x"
    assert found.environment["OLD"] == "with space"
    assert not {"GONE", "PATH"} & found.environment.keys()


def test_code_of_the_domain_and_of_the_function_can_be_imported(tmp_path: Path) -> None:
    found = image(tmp_path, 'FROM x\nENTRYPOINT ["python"]')
    expected = f"{tmp_path}/layers/perennial/python:{tmp_path}/functions/job"
    assert found.environment["PYTHONPATH"] == expected


@pytest.mark.parametrize(
    ("name", "dockerfile"),
    [
        ("perennial-local/other:1", 'ENTRYPOINT ["x"]'),
        ("123.dkr.ecr.us-east-1.amazonaws.com/job:1", 'ENTRYPOINT ["x"]'),
        ("perennial-local/job:1", "ENTRYPOINT python -m job"),
    ],
)
def test_image_that_leads_nowhere_is_refused(tmp_path: Path, name: str, dockerfile: str) -> None:
    (tmp_path / "functions" / "job").mkdir(parents=True)
    (tmp_path / "functions" / "job" / "Dockerfile").write_text(dockerfile)
    with pytest.raises(UnknownImage):
        containers.find(name, tmp_path)
