{#- What numbers of filings and of the ledger are to each other. -#}

{#- Whether two figures are one: they differ by no more than the last bit of a double. -#}
{% macro agrees(one, other) -%}
    abs({{ one }} - {{ other }}) <= 1e-9 * abs({{ one }})
{%- endmacro %}

{#- What becomes of a number that has a place in a fact: it is the one published, says the same, was said anew by a later
    filing, or is another than the ledger's, which stands. -#}
{% macro number_use(number_passage, fact_passage, number, fact) -%}
    case
        when {{ number_passage }} = {{ fact_passage }} then 'published'
        when {{ agrees(fact, number) }} then 'confirms'
        when {{ fact_passage }} is null then 'differs_from_ledger'
        else 'superseded'
    end
{%- endmacro %}
