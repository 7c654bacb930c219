{#- Where what is cited can be read: the one place that makes addresses at sec.gov, for filings and for citations. -#}

{#- The folder of a filing at sec.gov; null without an accession. -#}
{% macro filing_folder(cik, accession) -%}
    concat(
        'https://www.sec.gov/Archives/edgar/data/',
        cast(cast({{ cik }} as bigint) as {{ dbt.type_string() }}),
        '/',
        replace({{ accession }}, '-', ''),
        '/'
    )
{%- endmacro %}

{#- The page that lists the documents of a filing; null without an accession. -#}
{% macro filing_page(cik, accession) -%}
    case when {{ accession }} is not null then concat({{ filing_folder(cik, accession) }}, {{ accession }}, '-index.htm') end
{%- endmacro %}

{#-
    The page that a citation of the ledger leads to: its first address, else the page of its first accession. Of what is
    second-hand only the address it gives: the filings it names are not where the row was read.
-#}
{% macro citation_page(citation, cik) -%}
    case
        when regexp_extract({{ citation }}, 'https://[^ ;]+', 0) <> ''
            then regexp_extract({{ citation }}, 'https://[^ ;]+', 0)
        when {{ citation }} not like '%second-hand: %'
            then
                {{ filing_page(cik, "nullif(regexp_extract(" ~ citation ~ ", '[0-9]{10}-[0-9]{2}-[0-9]{6}', 0), '')") }}
    end
{%- endmacro %}
