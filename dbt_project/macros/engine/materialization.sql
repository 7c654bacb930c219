{#- A table of a build file that has none of that name: made in its place. dbt's own makes another, renames it and drops the one
that stood there before, 50 ms a table. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] -%}
    {%- set made = this.incorporate(type='table') -%}
    {%- do drop_relation_if_exists(load_cached_relation(this)) -%}
    {%- call statement('main', language=model['language']) -%}
        {{- create_table_as(false, made, compiled_code, model['language']) -}}
    {%- endcall -%}
    {%- do persist_docs(made, model) -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [made]}) }}
{%- endmaterialization %}
