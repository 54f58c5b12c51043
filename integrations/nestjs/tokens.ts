/** Options given to `CarillonModule`. */
export const MODULE_OPTIONS = Symbol('carillon:options');
