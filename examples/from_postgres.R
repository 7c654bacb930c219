# The contracted AI book as a data frame, from the copy that `hashwatt export postgres` makes. PGHOST, PGDATABASE and
# PGUSER say where it is, a password comes from ~/.pgpass. The copy is swapped in one transaction: a question sees one
# publication.
library(DBI)

warehouse <- dbConnect(
  RPostgreSQL::PostgreSQL(),
  host = Sys.getenv("PGHOST"), port = Sys.getenv("PGPORT", "5432"), dbname = Sys.getenv("PGDATABASE"), user = Sys.getenv("PGUSER")
)
book <- dbGetQuery(warehouse, "
  select p.publication_id, b.issuer, b.value_usd_m
  from hashwatt.mart_contracted_ai_book as b cross join hashwatt.meta_publication as p
  order by b.value_usd_m desc nulls last")
invisible(dbDisconnect(warehouse))

cat("publication", book$publication_id[1], "\n")
print(head(book[c("issuer", "value_usd_m")], 3), row.names = FALSE)
