import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 30_000 }); // the default of one second is too short on a loaded machine
