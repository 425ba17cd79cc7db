"""All analysed meetings as tables that can be asked, described, compared and taken to R or pandas."""
