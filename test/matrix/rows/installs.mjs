// `npm install carillon` beside every version of a framework that is around: a peer range must never stop it.
const beside = (...packages) => ({
  name: `beside ${packages.join(', ')}`,
  area: 'install',
  async run(place) {
    // As in a project that has them already; ERESOLVE is an error of npm's, and so of the row.
    await place.install(...packages);
    await place.install('carillon');
    await place.run(`node -e "new (require('carillon').Server)()"`);
  },
});

export default [
  beside('express'),
  beside('@nestjs/core@9', '@nestjs/common@9', '@nestjs/websockets@9', 'rxjs@7', 'reflect-metadata@0.1'),
  beside('@nestjs/core@10', '@nestjs/common@10', '@nestjs/websockets@10', 'rxjs@7', 'reflect-metadata@0.1'),
  beside('@nestjs/core@11', '@nestjs/common@11', '@nestjs/websockets@11', 'rxjs@7', 'reflect-metadata@0.2'),
  beside('@nestjs/core@12', '@nestjs/common@12', '@nestjs/websockets@12', 'rxjs@7', 'reflect-metadata@0.2'),
  beside('fastify@3'),
  beside('fastify@4'),
  beside('fastify@5'),
  beside('next@13', 'react@18', 'react-dom@18'),
  beside('next@14', 'react@18', 'react-dom@18'),
  beside('next@15.0.0-rc.1', 'react@18', 'react-dom@18'),
  beside('react@17'),
  beside('react@18'),
];
