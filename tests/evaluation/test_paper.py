import csv

from srgan_tf.evaluation.paper import BENCHMARKS, find_paper_score, paper_scores


def test_cells():
    cell = find_paper_score("SRGAN-VGG54", "Set14")
    assert (cell.psnr, cell.ssim, cell.mos, cell.tables) == (26.02, 0.7397, 3.72, (1, 2))
    assert find_paper_score("HR", "BSD100").psnr is None
    assert find_paper_score("SRGAN-MSE", "BSD100") is None  # Table 1 has Set5 and Set14 only
    assert {cell.benchmark for cell in paper_scores()} == set(BENCHMARKS)


def test_the_numbers_are_those_of_the_shared_table(data_folder):
    with (data_folder / "paper_tables.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(paper_scores())
    for row in rows:
        cell = find_paper_score(row["method"], row["dataset"])
        assert cell.psnr == (float(row["psnr_db"]) if row["psnr_db"] else None)
        assert (cell.ssim, cell.mos) == (float(row["ssim"]), float(row["mos"]))
