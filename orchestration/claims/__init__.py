"""Claims that people make, held against a publication, and what became known when. The judging is SQL of dbt_project."""
