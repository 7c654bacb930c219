# One question, one publication: Framework keeps the answer in the site it builds.
exec hashwatt query --format json "
  select p.publication_id, b.issuer, b.value_usd_m
  from mart_contracted_ai_book as b cross join meta_publication as p
  where b.value_usd_m is not null
  order by b.value_usd_m desc"
