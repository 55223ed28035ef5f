import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 30_000 }); // a second is too short for a request on a loaded machine
