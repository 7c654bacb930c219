{#- Makes every declared source readable as raw.<table> over the Parquet files of the lake (environment: HASHWATT_LAKE). -#}
{% macro register_raw() -%}
    {%- if execute -%}
        {%- set lake = env_var('HASHWATT_LAKE') -%}
        {%- for key in graph.sources | sort -%}
            {%- set table = graph.sources[key] -%}
            {%- do register_raw_table(table.schema, table.name, lake) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro register_raw_table(schema, name, lake) -%}
    {{ return(adapter.dispatch('register_raw_table', 'hashwatt')(schema, name, lake)) }}
{%- endmacro %}

{% macro default__register_raw_table(schema, name, lake) -%}
    {{ exceptions.raise_compiler_error('no way to read Parquet is written down for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__register_raw_table(schema, name, lake) -%}
    {%- set files = (lake ~ '/' ~ name ~ '/*/data.parquet') | replace("'", "''") -%}
    {%- do run_query('create schema if not exists ' ~ schema) -%}
    {%- do run_query(
        'create or replace view ' ~ schema ~ '.' ~ name
        ~ " as select * from read_parquet('" ~ files ~ "', hive_partitioning = false)"
    ) -%}
{%- endmacro %}

{#- A table over these files would make a folder of the name of their pattern, `*`, in the lake; a view makes nothing. Where
Spark has no file system for the lake, tools/spark_session.py has made each of its tables a data source of the session. -#}
{% macro spark__register_raw_table(schema, name, lake) -%}
    {%- do run_query('create database if not exists ' ~ schema) -%}
    {%- if lake.startswith('pyarrow+') -%}
        {%- do run_query('create table if not exists ' ~ schema ~ '.' ~ name ~ ' using ' ~ name) -%}
    {%- else -%}
        {%- do run_query(
            'create or replace view ' ~ schema ~ '.' ~ name
            ~ ' as select * from parquet.`' ~ lake ~ '/' ~ name ~ '/*/data.parquet`'
        ) -%}
    {%- endif -%}
{%- endmacro %}
