// Nothing of the page comes from elsewhere: no fonts from a CDN, and Plot from node_modules.
export default {title: "hashwatt", globalStylesheets: [], search: false, pager: false, toc: false, output: "dist"};
