import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import HomePage from './HomePage.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('home-page', HomePage); // the "layout" of the first page, in config.ts
  },
} satisfies Theme;
