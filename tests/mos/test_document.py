from srgan_tf.mos.document import Table, to_markdown


def test_names_do_not_break_a_table_in_markdown():
    text = to_markdown([Table(["method", "a|b"], [["c|d", "1.00"]])])
    assert text == "| method | a\\|b |\n| --- | ---: |\n| c\\|d | 1.00 |\n"
