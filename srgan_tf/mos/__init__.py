"""The rating study: mean opinion scores as in the paper (Ledig et al. 2017, Sections 3.3 and 3.4).

`plan` makes a study out of folders of results, `server` shows it to raters in a browser, `report`
turns the ratings into tables, figures and a page, `simulate` rates in the raters' stead.
"""
