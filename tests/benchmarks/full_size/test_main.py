from benchmarks.full_size.__main__ import main


def test_without_a_folder_one_line_asks_for_it(capsys):
    assert main([""]) == 2
    assert capsys.readouterr().err == (
        "bench-full: name a folder for the 12.1 GB of weights: make bench-full FOLDER=…\n"
    )
